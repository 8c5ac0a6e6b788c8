import Fitting
import RealModule

/// A measured row and what a fit that had not seen its shape family says of it.
public struct HeldOutRow: Sendable {
  /// The row.
  public let measurement: MeasuredKernel
  /// The kernel.
  public let family: KernelFamily
  /// The fold that it was left out in.
  public let fold: Int
  /// ln(tier 1 / measured).
  public let tierOneError: Double
  /// ln(predicted / measured), by both tiers.
  public let error: Double
  /// What bounds the kernel, by the fit.
  public let regime: KernelRegime
  /// The 80 % interval of ln(measured / predicted), from the errors in other folds.
  public internal(set) var interval: ErrorInterval

  /// Whether the interval holds the measured time.
  public var isCovered: Bool { -error >= interval.low && -error <= interval.high }

  /// Predicted over measured.
  public var ratio: Double { Double.exp(error) }

  /// The rows that share an interval.
  public var cell: ErrorCell {
    ErrorCell(
      family: family, headDim: measurement.kernel.headDim, hasWindow: measurement.kernel.window != nil, regime: regime)
  }
}
