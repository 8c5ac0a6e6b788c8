import Programs
import Quantities
import Topologies
import Workloads

/// Ring attention: K and V shards rotate through all ranks, and every rank attends to each as it comes by.
///
/// Ring Attention (Liu, Zaharia and Abbeel, arXiv 2310.01889). At step s rank r holds the shard of rank (r − s) mod p,
/// folds it into its running state (m, d, n), and passes it to rank r + 1. In a prefill each rank has the queries of its
/// own share of the tokens, contiguous or zigzag; a shard of which a causal mask hides every key from all of a rank's
/// queries is passed on and not attended to. To decode, every rank has the one query, as the Tree Attention paper
/// compares it (arXiv 2408.04093, section 5).
///
/// Memory of decoding, with t = ⌈N/p⌉ tokens a shard, as in the paper: 4btd for two buffers of K and V (the shard held and the one
/// arriving change roles at every step) and 2bd for the queries and the numerators; the state's 2b·n_h come on top.
/// With two buffers and p − 1 hops the shards end up one rank away from home; ``keepsHomeShard`` buys a cache that
/// stays where it was with a third buffer.
public struct RingAttention: AttentionAlgorithm {
  /// How many times the shards move on.
  public enum Hops: String, Sendable, Hashable, CaseIterable {
    /// p − 1: every rank has seen every shard.
    case fewest = "p-1"
    /// p, as the paper's volume formula counts: the shards are home again.
    case homecoming = "p"

    /// The number of hops among so many ranks; a lone rank sends nothing.
    public func count(ranks: Int) -> Int {
      ranks > 1 ? (self == .fewest ? ranks - 1 : ranks) : 0
    }
  }

  /// How many times the shards move on.
  public var hops: Hops
  /// Whether a shard is passed on while it is attended to; otherwise only afterwards.
  public var overlapsTransfer: Bool
  /// Whether K and V are repeated to every query head before the first hop, as the paper's code does, so that a hop
  /// carries query heads instead of KV heads.
  public var expandsHeads: Bool
  /// Whether every rank keeps its own shard in place beside the two that rotate.
  public var keepsHomeShard: Bool

  /// How queries are dealt out to ranks; nil when every rank has all of them, as in decoding.
  public var queryLayout: TokenLayout?

  /// Creates the algorithm; see the properties for the meaning of each option.
  public init(
    hops: Hops = .fewest, overlapsTransfer: Bool = true, expandsHeads: Bool = false, keepsHomeShard: Bool = false,
    queryLayout: TokenLayout? = nil
  ) {
    self.queryLayout = queryLayout
    self.hops = hops
    self.overlapsTransfer = overlapsTransfer
    self.expandsHeads = expandsHeads
    self.keepsHomeShard = keepsHomeShard
  }

  /// "ring".
  public var name: String { "ring" }

  /// Such as "p-1 hops, overlap, KV heads".
  public var options: String {
    var parts = ["\(hops.rawValue) hops", overlapsTransfer ? "overlap" : "no overlap"]
    parts.append(expandsHeads ? "query heads" : "KV heads")
    if keepsHomeShard { parts.append("home shard kept") }
    if let queryLayout { parts.append(queryLayout.rawValue) }
    return parts.joined(separator: ", ")
  }

  /// The workload as it rotates: with K and V at query heads when they are expanded first.
  func rotating(_ workload: AttentionWorkload) -> AttentionWorkload {
    guard expands(workload) else { return workload }
    var expanded = workload
    expanded.shape = workload.shape.expanded
    return expanded
  }

  /// Whether there is anything to expand.
  func expands(_ workload: AttentionWorkload) -> Bool {
    expandsHeads && workload.shape.expanded.cacheElementsPerToken != workload.shape.cacheElementsPerToken
  }
}
