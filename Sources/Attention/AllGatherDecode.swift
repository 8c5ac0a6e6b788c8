import Collectives
import Programs
import Quantities
import Topologies
import Workloads

/// The baseline that gathers all of K and V on every rank, where each then attends to everything.
///
/// It moves as much as the ring and needs memory for the whole cache on every device; prefill implementations that
/// gather keys and values do this because their queries are many. For one query it shows what the others save.
public struct AllGatherDecode: AttentionAlgorithm {
  /// The algorithm of the all-gather.
  public var gather: AllGather.Algorithm

  /// Creates the algorithm.
  ///
  /// - Parameter gather: The algorithm of the all-gather.
  public init(gather: AllGather.Algorithm = .ring) {
    self.gather = gather
  }

  /// "all-gather".
  public var name: String { "all-gather" }

  /// The algorithm of the all-gather.
  public var options: String { "\(gather.name)" }
}
