import Quantities
import RealModule

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

  /// The interval of groups of errors ln(measured / predicted) that count alike, however many each has; nil for none.
  public init?(ofGroups groups: [[Double]]) {
    let weighted = groups.flatMap { group in group.map { (error: $0, weight: 1 / Double(group.count)) } }
      .sorted { $0.error < $1.error }
    let tail = (1 - Self.coverage) / 2
    guard let low = Self.quantile(tail, of: weighted), let high = Self.quantile(1 - tail, of: weighted) else {
      return nil
    }
    self.init(low: low, high: high, rows: weighted.count)
  }

  /// The quantile of weighted values in ascending order, each at the middle of its weight.
  private static func quantile(_ share: Double, of values: [(error: Double, weight: Double)]) -> Double? {
    let whole = values.reduce(0) { $0 + $1.weight }
    var before: (place: Double, error: Double)?
    var sum = 0.0
    for (error, weight) in values {
      let place = (sum + weight / 2) / whole
      sum += weight
      if place >= share {
        guard let before, place > before.place else { return error }
        return before.error + (error - before.error) * (share - before.place) / (place - before.place)
      }
      before = (place, error)
    }
    return before?.error
  }

  /// The ends as factors of a predicted time.
  public var factors: (low: Double, high: Double) { (Double.exp(low), Double.exp(high)) }

  /// The share of the rows that an interval is meant to hold.
  public static let coverage = 0.8
  /// The fewest rows of a cell with an interval of its own.
  public static let fewestRows = 60
}
