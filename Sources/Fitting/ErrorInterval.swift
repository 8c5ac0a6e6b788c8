import Quantities

/// How far measured times were from predictions of rows that the fit had not seen: the 80 % interval of
/// ln(measured / predicted), from its 10th to its 90th percentile.
public struct ErrorInterval: Hashable, Sendable {
  /// The lower end.
  public let low: Double
  /// The upper end.
  public let high: Double
  /// The rows that it was taken from; 0 for one that was carried over from other devices.
  public let rows: Int

  /// Creates an interval.
  public init(low: Double, high: Double, rows: Int) {
    self.low = low
    self.high = high
    self.rows = rows
  }

  /// The interval of errors ln(measured / predicted); nil for none.
  public init?(of errors: [Double]) {
    let sorted = errors.sorted()
    let tail = (1 - Self.coverage) / 2
    guard let low = OrderStatistics.quantile(tail, ofSorted: sorted),
      let high = OrderStatistics.quantile(1 - tail, ofSorted: sorted)
    else { return nil }
    self.init(low: low, high: high, rows: errors.count)
  }

  /// The share of the rows that an interval is meant to hold.
  public static let coverage = 0.8
  /// The fewest rows of a cell with an interval of its own.
  public static let fewestRows = 60
}
