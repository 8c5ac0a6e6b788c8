import Quantities

extension AllReduce {
  /// The time on a uniform network without contention, by the closed form of each algorithm.
  ///
  /// It is exact where the chunks of every phase are equal (p divides the units; for the double tree 2 does; for
  /// hierarchies, those of each level) and all members start together; elsewhere it takes the mean chunk and so is a
  /// little low. A hierarchy over nodes of unequal size is charged for its largest node.
  ///
  /// - Parameters:
  ///   - algorithm: How the all-reduce is done.
  ///   - nodes: The members of each node, for hierarchical algorithms; nil for one node.
  ///   - network: The network.
  public func time(
    _ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil, on network: AlphaBeta
  ) -> CollectiveCost {
    guard !trivial else { return .zero }
    let launch = CollectiveCost(launch: network.launch)
    let bytes = payload.bytes.baseUnits
    switch algorithm {
    case .flat(let flat):
      return launch + flat.allReduceCost(of: size, bytes: bytes, on: network)
    case .hierarchical(let inside, let across):
      let nodes = nodes ?? oneNode
      let largest = nodes.map(\.count).max() ?? 0
      switch NodePlan(nodes: nodes, inside: inside) {
      case .inside:
        return launch + inside.allReduceCost(of: largest, bytes: bytes, on: network)
      case .across:
        return launch + across.allReduceCost(of: nodes.count, bytes: bytes, on: network)
      case .scattered:
        let share = bytes * inside.ownedShare(of: largest)
        return launch + inside.reduceScatterCost(of: largest, bytes: bytes, on: network)
          + across.allReduceCost(of: nodes.count, bytes: share, on: network)
          + inside.allGatherCost(of: largest, bytes: bytes, on: network)
      case .leaders:
        return launch + inside.leaderCost(of: largest, bytes: bytes, on: network)
          + across.allReduceCost(of: nodes.count, bytes: bytes, on: network)
      }
    }
  }
}
