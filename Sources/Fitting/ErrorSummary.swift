import Quantities
import RealModule

/// How far predictions are from measured times, over some rows.
public struct ErrorSummary: Hashable, Sendable {
  /// The rows.
  public let rows: Int
  /// The median of |predicted / measured - 1|.
  public let median: Double
  /// The 90th percentile of the same.
  public let ninetieth: Double
  /// The median of ln(predicted / measured).
  public let bias: Double

  /// Sums up errors ln(predicted / measured).
  ///
  /// - Returns: Nil for no errors.
  public init?(of errors: [Double]) {
    let sizes = errors.map { abs(Double.expMinusOne($0)) }.sorted()
    guard let median = OrderStatistics.quantile(0.5, ofSorted: sizes),
      let ninetieth = OrderStatistics.quantile(0.9, ofSorted: sizes),
      let bias = OrderStatistics.quantile(0.5, of: errors)
    else { return nil }
    rows = errors.count
    self.median = median
    self.ninetieth = ninetieth
    self.bias = bias
  }
}
