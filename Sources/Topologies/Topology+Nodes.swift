extension Topology {
  /// The node that a rank's device sits in.
  public func node(ofRank rank: Int) -> Int { devices[rank].node }

  /// The first ranks, grouped by node: nodes in the order of their first rank, ranks rising.
  ///
  /// - Parameter count: How many ranks to take, clamped to those that there are.
  /// - Returns: One list of ranks for each node that holds any of them.
  public func ranksByNode(first count: Int) -> [[Int]] {
    membersByNode(of: Array(0..<min(max(count, 0), devices.count)))
  }

  /// The members of a group of ranks, grouped by node: nodes in the order of their first member, members rising.
  ///
  /// - Parameter group: The ranks, in any order; a member is a place in it.
  public func membersByNode(of group: [Int]) -> [[Int]] {
    var nodes: [[Int]] = []
    var places: [Int: Int] = [:]
    for (member, rank) in group.enumerated() {
      let node = devices[rank].node
      if let place = places[node] {
        nodes[place].append(member)
      } else {
        places[node] = nodes.count
        nodes.append([member])
      }
    }
    return nodes
  }
}
