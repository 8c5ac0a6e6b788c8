/// What a hierarchical all-reduce comes to on a given grouping of ranks by node.
enum NodePlan {
  /// One node: the inner algorithm alone.
  case inside
  /// One rank in each node: the outer algorithm alone.
  case across
  /// Reduce-scatter inside, all-reduce across places, all-gather inside.
  case scattered
  /// Reduction to a leader, all-reduce across leaders, broadcast.
  case leaders

  /// Chooses the plan.
  ///
  /// - Parameters:
  ///   - nodes: The members of each node.
  ///   - inside: The inner algorithm.
  init(nodes: [[Int]], inside: FlatAlgorithm) {
    let size = nodes.first?.count ?? 0
    let equal = nodes.allSatisfy { $0.count == size }
    if nodes.count <= 1 {
      self = .inside
    } else if equal && size == 1 {
      self = .across
    } else if equal && inside.scatters {
      self = .scattered
    } else {
      self = .leaders
    }
  }
}
