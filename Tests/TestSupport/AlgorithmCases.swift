import Attention
import Collectives
import Workloads

/// Every algorithm with every option.
public enum AlgorithmCases {
  /// Every collective algorithm, and some hierarchies of them.
  public static let collectives: [CollectiveAlgorithm] =
    [.ring, .binaryTree, .doubleBinaryTree, .halvingDoubling, .oneShot, .twoShot].map { $0 } + [
      .hierarchical(inside: .ring, across: .halvingDoubling), .hierarchical(inside: .twoShot, across: .ring),
      .hierarchical(inside: .binaryTree, across: .doubleBinaryTree),
    ]

  /// Tree attention in its three forms with every collective.
  public static let trees: [any AttentionAlgorithm] = TreeAttention.Fusion.allCases.flatMap { fusion in
    collectives.map { TreeAttention(fusion: fusion, collective: $0) }
  }

  /// Ring attention of replicated queries, as in decoding, with every option.
  public static let rings: [any AttentionAlgorithm] = rings(nil)

  /// Ring attention of queries that are dealt out, in each layout with every option.
  public static let prefillRings: [any AttentionAlgorithm] = TokenLayout.allCases.flatMap { rings($0) }

  /// Ring attention with every option but the layout of its queries.
  private static func rings(_ layout: TokenLayout?) -> [any AttentionAlgorithm] {
    RingAttention.Hops.allCases.flatMap { hops in
      [false, true].flatMap { overlap in
        [false, true].flatMap { expand in
          [false, true].map { keep in
            RingAttention(
              hops: hops, overlapsTransfer: overlap, expandsHeads: expand, keepsHomeShard: keep, queryLayout: layout)
          }
        }
      }
    }
  }

  /// What tree and ring are compared with.
  public static let baselines: [any AttentionAlgorithm] = [
    AllGatherAttention(gather: .ring), AllGatherAttention(gather: .direct), SingleDeviceAttention(),
  ]

  /// All-gathers for queries that are dealt out, in each layout.
  public static let prefillGathers: [any AttentionAlgorithm] = TokenLayout.allCases.flatMap { layout in
    [AllGather.Algorithm.ring, .direct].map { AllGatherAttention(gather: $0, queryLayout: layout) }
  }

  /// Those of which every rank has all queries.
  public static let replicated = trees + rings + baselines

  /// All of them.
  public static let all = replicated + prefillRings + prefillGathers
}
