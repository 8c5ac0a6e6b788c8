/// A binary tree over the positions 1 to p, numbered in order: every left subtree lies before its node, every right
/// one after it.
///
/// A position k is as high as its lowest set bit: odd positions are leaves, so half of the ranks are, and shifting the
/// numbering by one makes leaves of all interior ranks. This is the tree of Sanders, Speck and Träff (Parallel
/// Computing 2009, section 4), and that of NCCL without its extra root (`ncclGetBtree` in NCCL's `trees.cc`).
/// Neighbouring positions are near in the tree, so ranks of one node are too.
///
///     let tree = InOrderTree(count: 6)
///     tree.root         // 4
///     tree.children(4)  // left 2, right 6
public struct InOrderTree: Hashable, Sendable {
  /// The number of positions, p.
  public let count: Int

  /// Creates a tree over the positions 1 to `count`, at least one.
  public init(count: Int) {
    self.count = count
  }

  /// The largest power of two that is at most p: the position of the root.
  public var root: Int { 1 << depth }

  /// ⌊log₂ p⌋: the number of links from the root to the deepest leaf, which is always on the far left.
  public var depth: Int { Int.bitWidth - 1 - count.leadingZeroBitCount }

  /// The height of a position over the leaves of its left subtree, 0 for a leaf.
  public func level(_ position: Int) -> Int { position.trailingZeroBitCount }

  /// The position above another; nil for the root.
  public func parent(_ position: Int) -> Int? {
    let bit = position & -position
    let above = (position ^ bit) | (bit << 1)
    if above <= count { return above }
    let fallback = position ^ bit
    return fallback == 0 ? nil : fallback
  }

  /// The positions below another; nil where there is none.
  public func children(_ position: Int) -> (left: Int?, right: Int?) {
    var reach = (position & -position) >> 1
    guard reach > 0 else { return (nil, nil) }
    let left = position - reach
    while reach > 0, position + reach > count { reach >>= 1 }
    return (left, reach > 0 ? position + reach : nil)
  }

  /// How many positions lie directly below another: none for a leaf, one for an interior position p, two otherwise.
  public func childCount(_ position: Int) -> Int {
    guard position.isMultiple(of: 2) else { return 0 }
    return position == count ? 1 : 2
  }
}

extension InOrderTree {
  /// The place that position 1 must have, with places going around from there, for the root to be at place 0.
  var firstPlaceForRoot: Int { (count - (root - 1)) % count }
}
