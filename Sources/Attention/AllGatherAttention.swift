import Collectives
import Programs
import Quantities
import Topologies
import Workloads

/// All of K and V gathered on every rank, where each then attends to them with its own queries: Llama 3's context
/// parallelism (arXiv 2407.21783, section 3.3.2), which takes the zigzag layout under a causal mask.
///
/// It moves as much as the ring and needs memory for the whole cache on every device. For the one query of a decode step,
/// which every rank has, it is a baseline that shows what the others save.
public struct AllGatherAttention: AttentionAlgorithm {
  /// The algorithm of the all-gather.
  public var gather: AllGather.Algorithm

  /// How queries are dealt out to ranks; nil when every rank has all of them, as in decoding.
  public var queryLayout: TokenLayout?

  /// Creates the algorithm.
  ///
  /// - Parameters:
  ///   - gather: The algorithm of the all-gather.
  ///   - queryLayout: How queries are dealt out to ranks; nil when every rank has all of them.
  public init(gather: AllGather.Algorithm = .ring, queryLayout: TokenLayout? = nil) {
    self.gather = gather
    self.queryLayout = queryLayout
  }

  /// "all-gather".
  public var name: String { "all-gather" }

  /// The algorithm of the all-gather, and the layout where queries are dealt out: "ring, zigzag".
  public var options: String { gather.name + (queryLayout.map { ", \($0.rawValue)" } ?? "") }
}
