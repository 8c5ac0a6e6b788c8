import Fitting
import RealModule

/// A measured row and what a fit that had not seen it says of it.
public struct HeldOutCollective: Sendable {
  /// The row.
  public let measurement: MeasuredCollective
  /// What NCCL's tuner chooses.
  public let choice: NCCLChoice
  /// What was left out with it.
  public let fold: String
  /// ln(tier 1 / measured).
  public let tierOneError: Double
  /// ln(predicted / measured), by both tiers.
  public let error: Double
  /// The 80 % interval of ln(measured / predicted), from errors of other folds, logs or GPUs; nil where there are none.
  public internal(set) var interval: ErrorInterval?

  /// Whether the interval holds the measured time.
  public var isCovered: Bool? { interval.map { -error >= $0.low && -error <= $0.high } }

  /// Predicted over measured.
  public var ratio: Double { Double.exp(error) }

  /// What intervals of calibrated rows are told apart by.
  var form: CollectiveIntervals.Cell { CollectiveIntervals.Cell.calibrated(choice) }

  /// Rows that count as one when intervals are taken.
  var group: String {
    let row = measurement.row
    return row.source.isEmpty ? "\(row.gpu), \(row.collective.rawValue)" : row.source
  }
}
