import Attention
import Collectives
import Workloads

/// The options of all algorithms; each reads its own.
public struct StepOptions: Hashable, Sendable {
  /// How many all-reduces tree decoding uses.
  public var fusion: TreeAttention.Fusion
  /// The algorithm of tree decoding's all-reduces.
  public var collective: CollectiveChoice
  /// How many hops ring decoding makes.
  public var hops: RingAttention.Hops
  /// Whether ring decoding passes a shard on while it attends to it.
  public var overlapsTransfer: Bool
  /// Whether ring decoding repeats K and V to every query head first.
  public var expandsHeads: Bool
  /// Whether ring decoding keeps every rank's own shard in place.
  public var keepsHomeShard: Bool

  /// How ring and all-gather deal out the queries of a step with several query tokens; a decode step's one query is on
  /// every rank.
  public var layout: TokenLayout

  /// Creates options; see the properties for the meaning of each.
  public init(
    fusion: TreeAttention.Fusion = .three, collective: CollectiveChoice = .auto, hops: RingAttention.Hops = .fewest,
    overlapsTransfer: Bool = true, expandsHeads: Bool = false, keepsHomeShard: Bool = false,
    layout: TokenLayout = .zigzag
  ) {
    self.fusion = fusion
    self.collective = collective
    self.hops = hops
    self.overlapsTransfer = overlapsTransfer
    self.expandsHeads = expandsHeads
    self.keepsHomeShard = keepsHomeShard
    self.layout = layout
  }
}

extension StepOptions {
  /// The algorithm of a choice with these options.
  ///
  /// - Parameters:
  ///   - choice: The algorithm.
  ///   - workload: The step.
  ///   - choose: The collective of a tree's all-reduce at a place, where they are left to choose.
  public func algorithm(
    _ choice: AlgorithmChoice, for workload: AttentionWorkload, choosing choose: (Int) -> CollectiveAlgorithm
  ) -> any AttentionAlgorithm {
    // Every rank has the one query of a decode step.
    let queryLayout = workload.isDecode ? nil : layout
    switch choice {
    case .tree:
      if case .fixed(let collective) = collective { return TreeAttention(fusion: fusion, collective: collective) }
      return TreeAttention(fusion: fusion, choosing: choose)
    case .ring:
      return RingAttention(
        hops: hops, overlapsTransfer: overlapsTransfer, expandsHeads: expandsHeads, keepsHomeShard: keepsHomeShard,
        queryLayout: queryLayout)
    case .allGather: return AllGatherAttention(queryLayout: queryLayout)
    case .single: return SingleDeviceAttention()
    }
  }
}
