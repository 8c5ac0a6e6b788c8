import Attention
import Collectives

/// Every algorithm with every option.
enum AlgorithmCases {
  static let collectives: [CollectiveAlgorithm] =
    [.ring, .binaryTree, .doubleBinaryTree, .halvingDoubling, .oneShot, .twoShot].map { $0 } + [
      .hierarchical(inside: .ring, across: .halvingDoubling), .hierarchical(inside: .twoShot, across: .ring),
      .hierarchical(inside: .binaryTree, across: .doubleBinaryTree),
    ]

  static let trees: [any DecodeAlgorithm] = TreeDecode.Fusion.allCases.flatMap { fusion in
    collectives.map { TreeDecode(fusion: fusion, collective: $0) }
  }

  static let rings: [any DecodeAlgorithm] = RingDecode.Hops.allCases.flatMap { hops in
    [false, true].flatMap { overlap in
      [false, true].flatMap { expand in
        [false, true].map { keep in
          RingDecode(hops: hops, overlapsTransfer: overlap, expandsHeads: expand, keepsHomeShard: keep)
        }
      }
    }
  }

  static let baselines: [any DecodeAlgorithm] = [
    AllGatherDecode(gather: .ring), AllGatherDecode(gather: .direct), SingleDeviceDecode(),
  ]

  static let all = trees + rings + baselines
}
