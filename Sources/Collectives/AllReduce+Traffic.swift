import Quantities

extension AllReduce {
  /// What one member sends and the scratch that it needs, exactly, by the formulas of each phase.
  ///
  /// It is written from the definition of each algorithm, not by walking a lowered program; a lowered program has
  /// exactly this traffic.
  ///
  /// - Parameters:
  ///   - member: The place in the group, from 0.
  ///   - algorithm: How the all-reduce is done.
  ///   - nodes: The members of each node, for hierarchical algorithms; nil for one node.
  public func traffic(of member: Int, _ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil) -> MemberTraffic {
    guard !trivial else { return traffic(of: UnitTraffic()) }
    switch algorithm {
    case .flat(let flat):
      return traffic(of: flat.allReduceTraffic(member, of: size, units: payload.units))
    case .hierarchical(let inside, let across):
      let nodes = nodes ?? oneNode
      guard let node = nodes.firstIndex(where: { $0.contains(member) }),
        let local = nodes[node].firstIndex(of: member)
      else { return traffic(of: UnitTraffic()) }
      return traffic(
        of: unitTraffic(inside, across, NodePlan(nodes: nodes, inside: inside), nodes, node: node, local: local))
    }
  }

  /// What each member sends and the scratch that it needs, in time linear in their number; see
  /// ``traffic(of:_:nodes:)``.
  public func trafficOfMembers(_ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil) -> [MemberTraffic] {
    guard !trivial, case .hierarchical(let inside, let across) = algorithm else {
      return (0..<size).map { traffic(of: $0, algorithm, nodes: nodes) }
    }
    let nodes = nodes ?? oneNode
    let plan = NodePlan(nodes: nodes, inside: inside)
    var members = [MemberTraffic](repeating: traffic(of: UnitTraffic()), count: size)
    for (node, others) in nodes.enumerated() {
      for (local, member) in others.enumerated() {
        members[member] = traffic(of: unitTraffic(inside, across, plan, nodes, node: node, local: local))
      }
    }
    return members
  }

  private func traffic(of units: UnitTraffic) -> MemberTraffic {
    MemberTraffic(
      bytes: payload.bytesPerUnit * units.units, messages: units.messages,
      peakScratch: payload.bytesPerUnit * units.scratch)
  }

  /// What all members send together.
  ///
  /// Every algorithm but the one-shot sends 2(p−1)·n bytes in all, hierarchies included: each of p−1 payloads is
  /// combined once and each of p−1 copies of the result is delivered once.
  public func totalTraffic(_ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil) -> TotalTraffic {
    guard !trivial else { return TotalTraffic(bytes: .zero, messages: 0) }
    let (units, messages) = totalUnits(algorithm, nodes: nodes ?? oneNode)
    return TotalTraffic(bytes: payload.bytesPerUnit * units, messages: messages)
  }

  /// The traffic of a hierarchy for the member at a place of a node.
  private func unitTraffic(
    _ inside: FlatAlgorithm, _ across: FlatAlgorithm, _ plan: NodePlan, _ nodes: [[Int]], node: Int, local: Int
  ) -> UnitTraffic {
    let count = nodes[node].count
    switch plan {
    case .inside:
      return inside.allReduceTraffic(local, of: count, units: payload.units)
    case .across:
      return across.allReduceTraffic(node, of: nodes.count, units: payload.units)
    case .scattered:
      let own = inside.ownedUnits(local, of: count, units: payload.units)
      return inside.reduceScatterTraffic(local, of: count, units: payload.units)
        + across.allReduceTraffic(node, of: nodes.count, units: own)
        + inside.allGatherTraffic(local, of: count, units: payload.units)
    case .leaders:
      let (up, down) = inside.leaderTraffic(local, of: count, units: payload.units)
      guard local == 0 else { return up + down }
      return up + across.allReduceTraffic(node, of: nodes.count, units: payload.units) + down
    }
  }

  private func totalUnits(_ algorithm: CollectiveAlgorithm, nodes: [[Int]]) -> (units: Int, messages: Int) {
    let n = payload.units
    switch algorithm {
    case .flat(let flat):
      return (flat.totalUnits(of: size, units: n), flat.totalMessages(of: size, units: n))
    case .hierarchical(let inside, let across):
      let count = nodes.first?.count ?? 0
      switch NodePlan(nodes: nodes, inside: inside) {
      case .inside:
        return (inside.totalUnits(of: size, units: n), inside.totalMessages(of: size, units: n))
      case .across:
        return (across.totalUnits(of: size, units: n), across.totalMessages(of: size, units: n))
      case .scattered:
        // The two phases inside are those of an all-reduce, and the chunks together are the payload.
        let chunks = (0..<count).map { inside.ownedUnits($0, of: count, units: n) }
        let outer = chunks.reduce(0) { $0 + across.totalMessages(of: nodes.count, units: $1) }
        return (
          nodes.count * inside.totalUnits(of: count, units: n) + across.totalUnits(of: nodes.count, units: n),
          nodes.count * inside.totalMessages(of: count, units: n) + outer
        )
      case .leaders:
        let pairs = 2 * (size - nodes.count)
        return (
          pairs * n + across.totalUnits(of: nodes.count, units: n),
          pairs + across.totalMessages(of: nodes.count, units: n)
        )
      }
    }
  }
}
