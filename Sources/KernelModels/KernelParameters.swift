/// The values of a phase's parameters for one kernel on one device; ``ModelParameter`` says what each is.
public struct KernelParameters: Hashable, Sendable {
  /// The phase.
  public let phase: KernelPhase
  /// The values, positive, in the order of ``ModelParameter/all(of:)``.
  public let values: [Double]

  /// Creates parameters.
  ///
  /// - Parameters:
  ///   - phase: The phase.
  ///   - values: The values in the order of ``ModelParameter/all(of:)``.
  /// - Returns: Nil unless there is one positive, finite value for each parameter.
  public init?(phase: KernelPhase, values: [Double]) {
    guard values.count == ModelParameter.all(of: phase).count, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      return nil
    }
    self.phase = phase
    self.values = values
  }

  /// Creates parameters from their values by name, such as `launch-floor`.
  ///
  /// - Returns: Nil unless there is one positive, finite value for each parameter.
  public init?(phase: KernelPhase, named values: [String: Double]) {
    let all = ModelParameter.all(of: phase)
    self.init(phase: phase, values: all.compactMap { values[$0.name] })
  }

  /// The value of a parameter by its name, such as `launch-floor`; nil for a name that the phase lacks.
  public subscript(name: String) -> Double? {
    ModelParameter.all(of: phase).firstIndex { $0.name == name }.map { values[$0] }
  }
}
