import Testing

@testable import Collectives

@Suite struct InOrderTreeTests {
  @Test(arguments: Array(1...130) + [255, 256, 257, 1000])
  func isABinaryTreeInOrderAndNoRankIsInteriorTwice(count: Int) {
    let tree = InOrderTree(count: count)
    var deepest = 0
    func walk(_ position: Int, _ depth: Int) -> [Int] {
      deepest = max(deepest, depth)
      let children = tree.children(position)
      #expect([children.left, children.right].compactMap { $0 }.count == tree.childCount(position))
      for child in [children.left, children.right] {
        guard let child else { continue }
        #expect(tree.parent(child) == position)
        #expect(tree.level(child) < tree.level(position))
      }
      return (children.left.map { walk($0, depth + 1) } ?? []) + [position]
        + (children.right.map { walk($0, depth + 1) } ?? [])
    }
    #expect(walk(tree.root, 0) == Array(1...count))
    #expect(tree.parent(tree.root) == nil)
    #expect(deepest == tree.depth)
    // Member i is at position i+1 of the first tree, and at position i (or p, for member 0) of the second.
    let twice = (0..<count).filter { tree.childCount($0 + 1) > 0 && tree.childCount($0 == 0 ? count : $0) > 0 }
    #expect(twice.isEmpty)
  }
}
