import Quantities
import Workloads

/// Which tokens of a step each rank holds: the keys and values in its cache, and the queries whose output it makes.
public struct TokenShares: Hashable, Sendable {
  /// The step.
  public let workload: AttentionWorkload
  /// The world size, p.
  public let ranks: Int
  /// How queries are dealt out; nil when every rank has all of them. Keys lie as the queries do, else contiguously.
  public let queryLayout: TokenLayout?

  /// Creates shares; see the properties for the meaning of each value.
  public init(of workload: AttentionWorkload, among ranks: Int, queryLayout: TokenLayout? = nil) {
    self.workload = workload
    self.ranks = ranks
    self.queryLayout = queryLayout
  }

  /// How keys and values are dealt out.
  public var keyLayout: TokenLayout { queryLayout ?? .contiguous }

  /// The places of a rank's keys and values.
  public func keys(ofRank rank: Int) -> TokenRuns {
    keyLayout.share(ofRank: rank, of: ranks, from: 0..<workload.tokens)
  }

  /// The places of a rank's queries: of a full prefill those of its keys; of a chunk of a prefill its share of the
  /// chunk, dealt out in the same layout, wherever the keys of the chunk lie.
  public func queries(ofRank rank: Int) -> TokenRuns {
    guard let queryLayout else { return workload.queries }
    return queryLayout.share(
      ofRank: rank, of: ranks, from: workload.tokens - workload.queryTokens..<workload.tokens)
  }

  /// The keys of the rank that has most.
  public var mostKeys: Int { keyLayout.largestShare(of: workload.tokens, among: ranks) }

  /// The queries of the rank that has most.
  public var mostQueries: Int {
    queryLayout?.largestShare(of: workload.queryTokens, among: ranks) ?? workload.queryTokens
  }
}
