import Topologies

/// The ranks that share the keys of a step: the first so many of a cluster, and the nodes that they sit in.
public struct RankGroup: Hashable, Sendable {
  /// The number of ranks, p.
  public var size: Int
  /// The ranks of each node, in rank order; every rank is in exactly one.
  public var nodes: [[Int]]

  /// Groups the first ranks of a cluster.
  ///
  /// - Parameters:
  ///   - size: The number of ranks; at most the cluster's devices.
  ///   - topology: The cluster.
  public init(first size: Int, of topology: Topology) {
    self.size = size
    nodes = topology.ranksByNode(first: size)
  }

  /// A group whose ranks all sit in one node.
  public init(oneNodeOf size: Int) {
    self.size = size
    nodes = [Array(0..<size)]
  }

  /// The ranks in order.
  public var ranks: [Int] { Array(0..<size) }
}
