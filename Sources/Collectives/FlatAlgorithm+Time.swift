import Quantities

/// The longest chain of each phase on a uniform network without contention, by formula: b bytes over p members.
///
/// In each, o stands for the overhead of posting a message, l for its latency, α for both, β for the time of a byte, and
/// γ for that of combining one.
extension FlatAlgorithm {
  /// A whole all-reduce.
  ///
  /// - Binary tree, d = ⌊log₂ p⌋: 2d·(α + bβ) + (2d − [p = 2^d])·bγ; each interior rank combines two children, save
  ///   that the root of a tree of 2^d ranks has one (Sanders, Speck and Träff 2009 without pipelining). On the way down
  ///   a right child waits until its parent has posted for the left one: o more at each of d steps in a full tree of
  ///   2^(d+1)−1 ranks, where a deepest leaf is always a right child, and at d−1 in others.
  /// - Double binary tree: the same with b/2. In full trees the rank that is a leaf of both posts to both, and the
  ///   second of these is on the longest chain: max(0, o − d·bγ/2) more, as d reductions hide the wait.
  /// - One-shot: (p−1)·o + l + bβ + (p−1)·bγ.
  /// - The others are a reduce-scatter and an all-gather.
  func allReduceCost(of count: Int, bytes: Double, on network: AlphaBeta) -> CollectiveCost {
    guard count > 1 else { return .zero }
    switch self {
    case .ring, .halvingDoubling, .twoShot:
      return reduceScatterCost(of: count, bytes: bytes, on: network)
        + allGatherCost(of: count, bytes: bytes, on: network)
    case .binaryTree:
      return Self.treeCost(of: count, bytes: bytes, on: network)
    case .doubleBinaryTree:
      var cost = Self.treeCost(of: count, bytes: bytes / 2, on: network)
      let tree = InOrderTree(count: count)
      if count == 2 * tree.root - 1 {
        let hidden = network.cost(messages: 0, posts: 0, bytes: 0, reduced: Double(tree.depth) * bytes / 2).reduction
        cost.overhead += max(.zero, network.overhead - hidden)
      }
      return cost
    case .oneShot:
      return network.cost(messages: 1, posts: count - 1, bytes: bytes, reduced: Double(count - 1) * bytes)
    }
  }

  /// The reduce-scatter of an algorithm that has one.
  ///
  /// - Ring: (p−1)·(α + (b/p)(β + γ)) (Thakur, Rabenseifner and Gropp 2005, section 4.4).
  /// - Two-shot: (p−1)·o + l + (b/p)β + (p−1)(b/p)γ.
  /// - Halving over q = 2^⌊log₂ p⌋: log₂ q·α + (1 − 1/q)·b(β + γ), and α + b(β + γ) for the fold where p > q (same
  ///   source, section 4.4).
  func reduceScatterCost(of count: Int, bytes: Double, on network: AlphaBeta) -> CollectiveCost {
    guard count > 1 else { return .zero }
    let share = bytes / Double(count)
    switch self {
    case .twoShot:
      return network.cost(messages: 1, posts: count - 1, bytes: share, reduced: Double(count - 1) * share)
    case .halvingDoubling:
      let order = HalvingOrder(count: count)
      let halves = bytes * (1 - 1 / Double(order.active))
      let fold = order.folded > 0 ? 1 : 0
      let moved = halves + Double(fold) * bytes
      return network.cost(messages: order.steps + fold, posts: order.steps + fold, bytes: moved, reduced: moved)
    default:
      let moved = Double(count - 1) * share
      return network.cost(messages: count - 1, posts: count - 1, bytes: moved, reduced: moved)
    }
  }

  /// The all-gather of an algorithm that has one: the same without the reductions.
  func allGatherCost(of count: Int, bytes: Double, on network: AlphaBeta) -> CollectiveCost {
    var cost = reduceScatterCost(of: count, bytes: bytes, on: network)
    cost.reduction = .zero
    return cost
  }

  /// The share of the payload that the fullest place ends a reduce-scatter with.
  func ownedShare(of count: Int) -> Double {
    1 / Double(self == .halvingDoubling ? HalvingOrder(count: count).active : count)
  }

  /// Reduction to a leader and broadcast back: a tree, or a star with p·o + 2l + 2bβ + (p−1)·bγ.
  func leaderCost(of count: Int, bytes: Double, on network: AlphaBeta) -> CollectiveCost {
    guard count > 1 else { return .zero }
    guard direct else { return Self.treeCost(of: count, bytes: bytes, on: network) }
    return network.cost(messages: 2, posts: count, bytes: 2 * bytes, reduced: Double(count - 1) * bytes)
  }

  private static func treeCost(of count: Int, bytes: Double, on network: AlphaBeta) -> CollectiveCost {
    let tree = InOrderTree(count: count)
    let combined = 2 * tree.depth - (tree.root == count ? 1 : 0)
    let second = tree.depth - (count == 2 * tree.root - 1 ? 0 : 1)
    return network.cost(
      messages: 2 * tree.depth, posts: 2 * tree.depth + second, bytes: Double(2 * tree.depth) * bytes,
      reduced: Double(combined) * bytes)
  }
}
