import Quantities

/// The times of replications, and how they spread.
///
/// A percentile is by nearest rank (Hyndman and Fan 1996, definition 1): the least time that at least so many per cent
/// of the replications do not exceed. It is always the time of one of them.
public struct Spread: Hashable, Sendable {
  /// The times in the order of the replications; at least one.
  public let times: [Seconds]
  /// The replications by rising time, the first of equals first.
  private let order: [Int]

  /// Takes the times of replications; none count as one of no time.
  public init(_ times: [Seconds]) {
    let times = times.isEmpty ? [.zero] : times
    self.times = times
    order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
  }

  /// The number of replications.
  public var count: Int { times.count }
  /// The least time.
  public var least: Seconds { times[order[0]] }
  /// The most time.
  public var most: Seconds { times[order[count - 1]] }

  /// A percentile.
  ///
  /// - Parameter percent: From 0 to 100; what lies outside counts as the nearer end.
  public func percentile(_ percent: Int) -> Seconds { times[replication(atPercentile: percent)] }

  /// The replication whose time is a percentile.
  public func replication(atPercentile percent: Int) -> Int {
    let percent = min(max(percent, 0), 100)
    return order[max((percent * count + 99) / 100, 1) - 1]
  }

  /// The figures that stand for the spread, by name: never a lone mean.
  public var summary: [(name: String, time: Seconds)] {
    [("least", least)] + [5, 50, 95].map { ("p\($0)", percentile($0)) } + [("most", most)]
  }
}
