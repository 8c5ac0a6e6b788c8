/// Which keys a query sees.
public enum AttentionMask: String, Sendable, Hashable, CaseIterable {
  /// Every key.
  case full
  /// The keys of its own token and of those before it.
  case causal

  /// How many of a block's keys a query at a place sees: the first so many, since tokens lie in ascending order.
  public func visibleKeys(ofQueryAt place: Int, in keys: TokenRuns) -> Int {
    self == .full ? keys.count : keys.count(before: place + 1)
  }

  /// How many of a block's keys at least one query sees: the first so many.
  public func seenKeys(by queries: TokenRuns, in keys: TokenRuns) -> Int {
    guard let last = queries.highest else { return 0 }
    return visibleKeys(ofQueryAt: last, in: keys)
  }

  /// How many of the queries see at least one key of a block: the last so many.
  public func seeingQueries(of queries: TokenRuns, in keys: TokenRuns) -> Int {
    guard let lowest = keys.lowest else { return 0 }
    return self == .full ? queries.count : queries.count - queries.count(before: lowest)
  }

  /// The number of pairs of a query and a key that it sees, exact up to the 53 bits of a `Double`.
  ///
  /// A causal query at place i sees min(i + 1 − c, d − c) keys of a run c..<d from c on: an arithmetic series, then a
  /// product.
  public func pairs(of queries: TokenRuns, with keys: TokenRuns) -> Double {
    guard self == .causal else { return Self.product(queries.count, keys.count) }
    // A run of queries past the last key sees all of them: then there is nothing to sum.
    var sum = Int128.zero
    for query in [queries.first, queries.second] where !query.isEmpty {
      for key in [keys.first, keys.second] where !key.isEmpty {
        sum += Self.causalPairs(of: query, with: key)
      }
    }
    return Double(sum)
  }

  private static func product(_ queries: Int, _ keys: Int) -> Double {
    queries == 1 ? Double(keys) : Double(Int128(queries) * Int128(keys))
  }

  private static func causalPairs(of queries: Range<Int>, with keys: Range<Int>) -> Int128 {
    let from = max(queries.lowerBound, keys.lowerBound)
    let rampEnd = min(queries.upperBound, keys.upperBound - 1)
    let ramp = Int128(max(0, rampEnd - from))
    // From the query at `from`, which sees `from` + 1 - c keys, to that before `rampEnd`, which sees `rampEnd` - c.
    let series = ramp * (Int128(from) + 1 + Int128(rampEnd) - 2 * Int128(keys.lowerBound)) / 2
    let whole = Int128(max(0, queries.upperBound - max(queries.lowerBound, keys.upperBound - 1)))
    return series + whole * Int128(keys.count)
  }
}
