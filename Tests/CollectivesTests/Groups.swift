import Collectives
import TestSupport

/// Random groups and groupings for property tests.
enum Groups {
  static let flat = FlatAlgorithm.allCases.map { CollectiveAlgorithm.flat($0) }

  static let hierarchical = FlatAlgorithm.allCases.flatMap { inside in
    FlatAlgorithm.allCases.map { CollectiveAlgorithm.hierarchical(inside: inside, across: $0) }
  }

  /// Some ranks of a larger world, in any order.
  static func random(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    Array((0..<count + count / 2 + 1).shuffled(using: &generator).prefix(count))
  }

  /// All members in nodes of equal or of random size, in any order.
  static func nodes(_ count: Int, equal: Int?, using generator: inout SeededGenerator) -> [[Int]] {
    let members = (0..<count).shuffled(using: &generator)
    var nodes: [[Int]] = []
    var next = 0
    while next < count {
      let size = min(count - next, equal ?? Int.random(in: 1...max(1, count / 2), using: &generator))
      nodes.append(Array(members[next..<next + size]))
      next += size
    }
    return nodes
  }
}
