import Attention
import Collectives

/// Every algorithm with every option.
public enum AlgorithmCases {
  /// Every collective algorithm, and some hierarchies of them.
  public static let collectives: [CollectiveAlgorithm] =
    [.ring, .binaryTree, .doubleBinaryTree, .halvingDoubling, .oneShot, .twoShot].map { $0 } + [
      .hierarchical(inside: .ring, across: .halvingDoubling), .hierarchical(inside: .twoShot, across: .ring),
      .hierarchical(inside: .binaryTree, across: .doubleBinaryTree),
    ]

  /// Tree decoding in its three forms with every collective.
  public static let trees: [any AttentionAlgorithm] = TreeAttention.Fusion.allCases.flatMap { fusion in
    collectives.map { TreeAttention(fusion: fusion, collective: $0) }
  }

  /// Ring decoding with every option.
  public static let rings: [any AttentionAlgorithm] = RingAttention.Hops.allCases.flatMap { hops in
    [false, true].flatMap { overlap in
      [false, true].flatMap { expand in
        [false, true].map { keep in
          RingAttention(hops: hops, overlapsTransfer: overlap, expandsHeads: expand, keepsHomeShard: keep)
        }
      }
    }
  }

  /// What tree and ring are compared with.
  public static let baselines: [any AttentionAlgorithm] = [
    AllGatherAttention(gather: .ring), AllGatherAttention(gather: .direct), SingleDeviceAttention(),
  ]

  /// All of them.
  public static let all = trees + rings + baselines
}
