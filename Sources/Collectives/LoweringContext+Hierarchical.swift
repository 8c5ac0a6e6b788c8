import Programs

extension LoweringContext {
  /// One algorithm inside each node and another across nodes; see ``CollectiveAlgorithm/hierarchical(inside:across:)``.
  func hierarchical(
    _ inside: FlatAlgorithm, _ across: FlatAlgorithm, _ nodes: [[Int]], _ units: Range<Int>,
    _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    switch NodePlan(nodes: nodes, inside: inside) {
    case .inside:
      for node in nodes { allReduce(inside, node, units, &frontier, &builder) }
    case .across:
      allReduce(across, nodes.flatMap { $0 }, units, &frontier, &builder)
    case .scattered:
      for node in nodes { reduceScatter(inside, node, units, &frontier, &builder) }
      let size = nodes[0].count
      for place in 0..<size {
        let share = owned(inside, by: place, of: size, units)
        allReduce(across, nodes.map { $0[place] }, share, &frontier, &builder)
      }
      for node in nodes { allGather(inside, node, units, &frontier, &builder) }
    case .leaders:
      for node in nodes { reduceToFirst(inside, node, units, &frontier, &builder) }
      allReduce(across, nodes.map { $0[0] }, units, &frontier, &builder)
      for node in nodes { broadcastFromFirst(inside, node, units, &frontier, &builder) }
    }
  }

  /// Reduces some units to the first of some members.
  private func reduceToFirst(
    _ algorithm: FlatAlgorithm, _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    if algorithm.direct {
      reduceStar(members, units, &frontier, &builder)
    } else {
      reduceTree(members, units, first: InOrderTree(count: members.count).firstPlaceForRoot, &frontier, &builder)
    }
  }

  /// Sends some units from the first of some members to the others.
  private func broadcastFromFirst(
    _ algorithm: FlatAlgorithm, _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    if algorithm.direct {
      broadcastStar(members, units, &frontier, &builder)
    } else {
      broadcastTree(members, units, first: InOrderTree(count: members.count).firstPlaceForRoot, &frontier, &builder)
    }
  }
}
