/// The product of factors that change one at a time, in a time that grows with the logarithm of their number.
///
/// The product depends, to the last bit, on the factors alone and not on the order in which they were set: factors are
/// multiplied in pairs of neighbours, these in pairs again, and so on.
struct ProductTree {
  /// The factors from ``leaves`` on; before them, node n is the product of 2n and 2n + 1, down to node 1.
  private var nodes: [Double]
  private let leaves: Int

  /// - Parameter count: The number of factors, which are 1 until they are set.
  init(count: Int) {
    var leaves = 1
    while leaves < count { leaves *= 2 }
    self.leaves = leaves
    nodes = [Double](repeating: 1, count: 2 * leaves)
  }

  /// The product of all factors.
  var product: Double { nodes[1] }

  /// Sets a factor.
  mutating func set(_ index: Int, to factor: Double) {
    var node = leaves + index
    nodes[node] = factor
    while node > 1 {
      node /= 2
      nodes[node] = nodes[2 * node] * nodes[2 * node + 1]
    }
  }
}
