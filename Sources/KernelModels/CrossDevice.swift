import Fitting
import Quantities
import RealModule

/// Predictions of one device's rows by parameters that were fitted on another device alone: what to expect of a device that
/// was never measured.
public struct CrossDevice: Sendable {
  /// A row and the errors ln(predicted / measured).
  public struct Row: Sendable {
    /// The row.
    public let measurement: MeasuredKernel
    /// The kernel.
    public let family: KernelFamily
    /// By tier 1, as an unmeasured device is predicted.
    public let error: Double
    /// By tier 1 and half of the other device's tier 2, its items counted in multiprocessors.
    public let halfTierTwoError: Double
  }

  /// The device whose rows were fitted.
  public let source: KernelDevice
  /// The device whose rows are predicted.
  public let target: KernelDevice
  /// The software.
  public let software: KernelSoftware
  /// The rows, of kernels that both devices have or that stand in for each other.
  public let rows: [Row]

  /// Fits the kernels of one lineage on a device, and predicts another's.
  ///
  /// - Parameters:
  ///   - rows: Rows of one phase and both devices.
  ///   - software: The software.
  ///   - lineage: The kernels that hand their parameters to each other.
  ///   - source: The device whose rows are fitted.
  ///   - target: The device whose rows are predicted.
  ///   - name: What it is, for messages.
  ///   - seed: The seed of the draw of rows.
  /// - Throws: ``KernelModelError`` when there are too few rows, or a fit does not converge.
  public init(
    _ rows: PreparedRows, _ software: KernelSoftware, lineage: [KernelFamily], from source: KernelDevice,
    to target: KernelDevice, name: String, seed: UInt64
  ) throws(KernelModelError) {
    func part(_ device: KernelDevice) -> PreparedRows {
      rows.rows(
        rows.numbers { $0.device == device && $0.software == software && lineage.contains($0.family) })
    }
    let (known, asked) = (part(source), part(target))
    self.source = source
    self.target = target
    self.software = software
    guard let family = lineage.first, known.count > 0, asked.count > 0 else {
      self.rows = []
      return
    }
    let outcome = try ParameterFit(name: name, seed: seed)(known.models, logTimes: known.logTimes)
    let left = zip(known.logTimes, known.logTierOne(outcome.parameters)).map { $0 - $1 }
    let residuals = ResidualFit.fit(
      known.models.map { ResidualCoordinates($0, family: family, inWaves: true) }, left, inWaves: true)
    let times = asked.logTierOne(outcome.parameters)
    self.rows = asked.models.indices.map { number in
      let model = asked.models[number]
      let half = 0.5 * residuals.value(ResidualCoordinates(model, family: family, inWaves: true)).sum
      let error = times[number] - asked.logTimes[number]
      return Row(
        measurement: asked.measurements[number], family: model.family, error: error, halfTierTwoError: error + half)
    }
  }

  /// The half-width in ln that holds 80 % of the errors of several kernels; nil for no rows.
  public static func halfWidth(_ parts: [CrossDevice]) -> Double? {
    OrderStatistics.quantile(ErrorInterval.coverage, of: parts.flatMap(\.rows).map { abs($0.error) })
  }
}
