/// The extended generalised fat tree XGFT(h; m; w) of Öhring, Ibel, Das and Kumar, "On generalized fat trees", IPPS
/// 1995, cut down to the endpoints that exist, and possibly several of them side by side.
///
/// Level 0 holds the endpoints, level `h` the roots. A vertex of level `i` has `children[i - 1]` children (the paper's
/// m_i) and a vertex of level `i - 1` has `parents[i - 1]` parents (w_i; w_1 is 1, as an endpoint has one cable).
/// A switch of level `i` is named by the subtree that it roots and by which of the W_i = w_1 … w_i equal roots of that
/// subtree it is. Any choice of parents on the way up to the lowest common subtree leads to the destination, and the
/// way down is then fixed: the choices are the equal-cost paths.
struct ExtendedFatTree: Sendable {
  /// The number of levels of switches.
  let levels: Int
  /// The number of trees side by side, which nothing joins.
  let trees: Int
  /// The number of endpoints.
  let endpointCount: Int
  /// For each level from 1, the number of children of a switch.
  let children: [Int]
  /// For each level from 1, the number of parents of a vertex one level below.
  let parents: [Int]
  /// For each level from 0, the endpoint places below one switch: m_1 … m_i.
  private let reach: [Int]
  /// For each level from 0, the equal roots of a subtree: w_1 … w_i.
  private let copies: [Int]
  /// For each level from 0, the subtrees of one tree that hold endpoints.
  private let subtrees: [Int]
  /// For each level from 0, the index of the first cable up from it.
  private let firstCables: [Int]
  /// The place of each endpoint; empty when endpoint `e` stands at place `e`.
  private let places: [Int]
  /// The number of cables.
  let cableCount: Int

  /// Plans a tree.
  ///
  /// - Parameters:
  ///   - children: m_1 … m_h.
  ///   - parents: w_1 … w_h, the first 1.
  ///   - trees: The number of trees side by side.
  ///   - placesPerTree: The number of endpoint places of a tree, at most m_1 … m_h.
  ///   - endpointCount: The number of endpoints.
  ///   - places: The place of each endpoint, tree after tree; empty for endpoint `e` at place `e`.
  /// - Returns: nil when the tree would have more than `maximumCables` cables.
  init?(
    children: [Int], parents: [Int], trees: Int, placesPerTree: Int, endpointCount: Int, places: [Int],
    maximumCables: Int
  ) {
    var reach = [1]
    var copies = [1]
    var subtrees = [placesPerTree]
    var firstCables = [0]
    var cables = endpointCount
    for level in 1...children.count {
      let below = subtrees[level - 1]
      subtrees.append((below + children[level - 1] - 1) / children[level - 1])
      let wide = Double(copies[level - 1]) * Double(parents[level - 1])
      let far = Double(reach[level - 1]) * Double(children[level - 1])
      guard wide * Double(subtrees[level]) * Double(trees) <= Double(maximumCables), far < 1e18 else { return nil }
      copies.append(Int(wide))
      reach.append(Int(far))
      firstCables.append(cables)
      guard level < children.count else { continue }
      let up = wide * Double(subtrees[level]) * Double(trees) * Double(parents[level])
      guard up + Double(cables) <= Double(maximumCables) else { return nil }
      cables += Int(up)
    }
    levels = children.count
    self.trees = trees
    self.endpointCount = endpointCount
    self.children = children
    self.parents = parents
    self.reach = reach
    self.copies = copies
    self.subtrees = subtrees
    self.firstCables = firstCables
    self.places = places
    cableCount = cables
  }

  /// The number of switches of a level, from 1.
  func switchCount(level: Int) -> Int { trees * subtrees[level] * copies[level] }

  /// The number of switches of one tree in a level, from 1.
  func switchesPerTree(level: Int) -> Int { subtrees[level] * copies[level] }

  /// The number of cables up from a level, from 0.
  func cableCount(level: Int) -> Int {
    level == 0 ? endpointCount : switchCount(level: level) * parents[level]
  }

  /// The number of switches.
  var vertexCount: Int { (1...levels).reduce(0) { $0 + switchCount(level: $1) } }

  /// Adds the switches and cables, level by level from the bottom.
  func build(
    in graph: inout Graph, at site: ShapeSite, classes: [Int], name: (_ level: Int, _ index: Int) -> String
  ) {
    var first = [0]
    for level in 1...levels {
      first.append(graph.vertices.count)
      for index in 0..<switchCount(level: level) {
        _ = graph.add(Vertex(name: site.prefix + name(level, index), kind: .switch, forwards: true))
      }
    }
    for endpoint in 0..<endpointCount {
      graph.connect(
        site.endpoints[endpoint], first[1] + subtree(of: place(of: endpoint), level: 1),
        linkClass: site.edgeClass(endpoint, default: classes[0]), tier: site.edgeTier)
    }
    for level in 1..<max(levels, 1) {
      for index in 0..<switchCount(level: level) {
        let (subtree, copy) = index.quotientAndRemainder(dividingBy: copies[level])
        let (tree, inTree) = subtree.quotientAndRemainder(dividingBy: subtrees[level])
        let above = tree * subtrees[level + 1] + inTree / children[level]
        for choice in 0..<parents[level] {
          graph.connect(
            first[level] + index,
            first[level + 1] + above * copies[level + 1] + copy + choice * copies[level],
            linkClass: classes[level], tier: site.coreTier)
        }
      }
    }
  }

  /// Appends the links up to the lowest common subtree and down again; see ``Shape``.
  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    let start = place(of: source)
    let end = place(of: destination)
    guard start / reach[levels] == end / reach[levels] else { return false }
    links.append(Int32(firstLink + 2 * source))
    var level = 1
    var copy = 0
    var here = subtree(of: start, level: 1)
    while here != subtree(of: end, level: level) {
      let width = parents[level]
      let choice = width == 1 ? 0 : Int(SeededHash.mix(salt, UInt64(level), 1) % UInt64(width))
      links.append(Int32(firstLink + 2 * cable(level: level, subtree: here, copy: copy, choice: choice)))
      copy += choice * copies[level]
      level += 1
      here = subtree(of: start, level: level)
    }
    while level > 1 {
      level -= 1
      let (choice, below) = copy.quotientAndRemainder(dividingBy: copies[level])
      copy = below
      let there = subtree(of: end, level: level)
      links.append(Int32(firstLink + 2 * cable(level: level, subtree: there, copy: copy, choice: choice) + 1))
    }
    links.append(Int32(firstLink + 2 * destination + 1))
    return true
  }

  @inline(__always)
  private func place(of endpoint: Int) -> Int {
    places.isEmpty ? endpoint : places[endpoint]
  }

  @inline(__always)
  private func subtree(of place: Int, level: Int) -> Int {
    guard trees > 1 else { return place / reach[level] }
    let (tree, inTree) = place.quotientAndRemainder(dividingBy: reach[levels])
    return tree * subtrees[level] + inTree / reach[level]
  }

  @inline(__always)
  private func cable(level: Int, subtree: Int, copy: Int, choice: Int) -> Int {
    firstCables[level] + (subtree * copies[level] + copy) * parents[level] + choice
  }
}
