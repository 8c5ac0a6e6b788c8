extension Topology {
  /// The node that a rank's device sits in.
  public func node(ofRank rank: Int) -> Int { devices[rank].node }

  /// The first ranks, grouped by node: nodes in the order of their first rank, ranks rising.
  ///
  /// - Parameter count: How many ranks to take, clamped to those that there are.
  /// - Returns: One list of ranks for each node that holds any of them.
  public func ranksByNode(first count: Int) -> [[Int]] {
    var groups: [[Int]] = []
    var places: [Int: Int] = [:]
    for rank in 0..<min(max(count, 0), devices.count) {
      if let place = places[devices[rank].node] {
        groups[place].append(rank)
      } else {
        places[devices[rank].node] = groups.count
        groups.append([rank])
      }
    }
    return groups
  }
}
