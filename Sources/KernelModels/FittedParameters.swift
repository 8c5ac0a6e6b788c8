/// The parameters of one kernel as fitted, with what is known of their worth.
public struct FittedParameters: Hashable, Sendable {
  /// The values.
  public let parameters: KernelParameters
  /// For each parameter the standard deviation of its logarithm, by leaving out a fifth of the shape families in turn
  /// (grouped jackknife); empty where there was no cross-validation.
  public let spreads: [Double]
  /// For each parameter how much of it the rows decided, 0 (it stays at the centre of its prior) to 1; empty where unknown.
  public let informed: [Double]
  /// The rows of the kernel.
  public let rows: Int
  /// The shapes that were measured.
  public let range: ValidityRange

  /// Creates fitted parameters; see the properties for the meaning of each value.
  public init(
    parameters: KernelParameters, spreads: [Double] = [], informed: [Double] = [], rows: Int, range: ValidityRange
  ) {
    self.parameters = parameters
    self.spreads = spreads
    self.informed = informed
    self.rows = rows
    self.range = range
  }
}
