import Configuration

/// A k-ary tree of switches with the endpoints at its leaves; every switch has one parent.
///
///     fabric: {kind: tree, arity: 4, links: [ndr, ndr, xdr]}
///
/// The tree is as high as the endpoints need. `link` names one class for every level; `links` names one per level from
/// the endpoints up, for trees whose upper links are faster. It is the ``ExtendedFatTree`` with one parent everywhere.
struct FanOutTreeShape: Shape {
  private let tree: ExtendedFatTree
  private let classes: [Int]
  private let arity: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "link", "links", "arity"])
    arity = try mapping.required("arity").integer(in: 2...context.limits.devices)
    var levels = 1
    var reach = arity
    while reach < context.endpointCount {
      levels += 1
      reach *= arity
    }
    classes = try context.levelClasses(of: mapping, levels: levels)
    let tree = ExtendedFatTree(
      children: Array(repeating: arity, count: levels), parents: Array(repeating: 1, count: levels), trees: 1,
      placesPerTree: context.endpointCount, endpointCount: context.endpointCount, places: [],
      maximumCables: context.limits.links / 2)
    guard let tree else {
      throw field.error("found a tree of too many links, expected at most \(context.limits.links)")
    }
    self.tree = tree
  }

  var endpointCount: Int { tree.endpointCount }
  var vertexCount: Int { tree.vertexCount }
  var linkCount: Int { 2 * tree.cableCount }

  func build(in graph: inout Graph, at site: ShapeSite) {
    tree.build(in: &graph, at: site, classes: classes) { level, index in
      level == tree.levels ? "root" : "level\(level)-\(index)"
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    tree.appendRoute(from: source, to: destination, salt: salt, firstLink: firstLink, into: &links)
  }

  var title: String { "tree of switches, arity \(arity), \(tree.levels) level\(tree.levels == 1 ? "" : "s")" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    var rows: [DrawingRow] = []
    for level in (1...tree.levels).reversed() {
      let count = tree.switchCount(level: level)
      let name = level == tree.levels ? "root" : "level \(level)"
      rows.append(.box("\(name): \(count) switch\(count == 1 ? "" : "es"), up to \(arity) ports down"))
      if level > 1 { rows.append(pen.cables(tree.cableCount(level: level - 1), classes[level - 1])) }
    }
    return rows + pen.edgeCables(endpointCount, classes[0])
  }
}
