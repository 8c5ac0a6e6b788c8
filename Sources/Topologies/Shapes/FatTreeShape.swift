import Configuration
import Quantities

/// A fat tree of switches, rail-optimised or not.
///
///     fabric: {kind: fat-tree, levels: 2, ports: 16, rails: 8, oversubscription: 1, link: ndr}
///
/// - `levels`: the levels of switches, 2 unless given.
/// - `ports`: the downward ports of a switch, for every level below the top or as a list from the leaves up; 32 (half
///   of a 64-port switch) unless given, or fewer where a rail has fewer endpoints. The top takes what is left.
/// - `oversubscription`: downward over upward ports, likewise one number or a list; it must leave whole uplinks.
/// - `rails`: sorts the endpoints so that a leaf holds ports of one rail only (the first port of every node, the
///   second of every node, …).
/// - `rail-only`: leaves out what joins the rails: each rail is a tree of its own (Wang et al., "Rail-only: A low-cost
///   high-performance network for training LLMs with trillion parameters", 2023).
///
/// The tree is an ``ExtendedFatTree``; the salt chooses each parent on the way up.
struct FatTreeShape: Shape {
  private let tree: ExtendedFatTree
  private let classes: [Int]
  private let isRailOnly: Bool
  let railCount: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: [
      "kind", "link", "links", "levels", "ports", "oversubscription", "rails", "rail-only",
    ])
    let levels = try mapping.integer("levels", in: 1...8, default: 2)
    let rails = try mapping.integer("rails", in: 1...4096, default: 1)
    let isRailOnly = try mapping.boolean("rail-only", default: false)
    let classes = try context.levelClasses(of: mapping, levels: levels)
    if rails > 1, context.place == .scaleUp {
      throw mapping.keyField("rails").error("found rails inside a node, expected them in the fabric only")
    }
    if isRailOnly, rails == 1 {
      throw mapping.keyField("rail-only").error("found rail-only without rails, expected 'rails' beside it")
    }
    if levels == 1, rails > 1, !isRailOnly {
      throw mapping.keyField("rails").error(
        "found \(rails) rails on one level, which nothing would join; expected levels of 2 or more, or rail-only: true")
    }
    let sorting = RailSorting(context: context, rails: rails)
    guard sorting.emptyRails == 0 else {
      throw mapping.keyField("rails").error(
        "found \(rails) rails, of which \(sorting.emptyRails) would have no port; expected at most as many rails as a "
          + "node has ports (NICs, or devices that are their own ports)")
    }
    let children = try Self.children(mapping, context: context, levels: levels, widestRail: sorting.widest)
    let parents = try Self.parents(mapping, children: children)
    try self.init(
      sorting: sorting, children: children, parents: [1] + parents, classes: classes, isRailOnly: isRailOnly,
      field: field, context: context)
  }

  private init(
    sorting: RailSorting, children below: [Int], parents: [Int], classes: [Int], isRailOnly: Bool, field: Field,
    context: ShapeContext
  ) throws(ConfigurationError) {
    // A rail starts a new leaf (rail-only: a new tree), so that no switch holds two rails.
    let leaf = below.first ?? sorting.widest
    let roundedRail = (sorting.widest + leaf - 1) / leaf * leaf
    let placesPerTree =
      isRailOnly ? sorting.widest : sorting.rails > 1 ? sorting.rails * roundedRail : context.endpointCount
    var reach = 1.0
    for count in below { reach *= Double(count) }
    try context.check(links: reach, at: field)
    let top = max(1, (placesPerTree + Int(reach) - 1) / Int(reach))
    let tree = ExtendedFatTree(
      children: below + [top], parents: parents, trees: isRailOnly ? sorting.rails : 1, placesPerTree: placesPerTree,
      endpointCount: context.endpointCount,
      places: sorting.places(railSize: isRailOnly ? Int(reach) * top : roundedRail),
      maximumCables: context.limits.links / 2)
    guard let tree else {
      throw field.error("found a fat tree of too many links, expected at most \(context.limits.links)")
    }
    self.tree = tree
    self.classes = classes
    self.isRailOnly = isRailOnly
    railCount = sorting.rails
  }

  /// The downward ports of the levels below the top.
  private static func children(
    _ mapping: FieldMapping, context: ShapeContext, levels: Int, widestRail: Int
  ) throws(ConfigurationError) -> [Int] {
    guard let field = mapping.optional("ports") else {
      return Array(repeating: max(1, min(32, widestRail)), count: levels - 1)
    }
    guard levels > 1 else {
      throw mapping.keyField("ports").error("found ports on a tree of one level, whose switch takes every endpoint")
    }
    return try perLevel(field, count: levels - 1) { item throws(ConfigurationError) in
      try item.integer(in: 1...context.limits.devices)
    }
  }

  /// The upward ports of the levels below the top.
  private static func parents(_ mapping: FieldMapping, children: [Int]) throws(ConfigurationError) -> [Int] {
    guard let field = mapping.optional("oversubscription") else { return children }
    let ratios = try perLevel(field, count: children.count) { item throws(ConfigurationError) in
      try item.number(in: 1e-3...1e6)
    }
    var parents: [Int] = []
    for (level, ratio) in ratios.enumerated() {
      let uplinks = Double(children[level]) / ratio
      let whole = uplinks.rounded()
      guard whole >= 1, abs(uplinks - whole) <= 1e-6 * whole else {
        throw field.error(
          "found oversubscription \(NumberText.format(ratio, significantDigits: 6)) of a switch with "
            + "\(children[level]) downward ports, which leaves "
            + "\(NumberText.format(uplinks, significantDigits: 4)) uplinks; expected a ratio that leaves whole uplinks")
      }
      parents.append(Int(whole))
    }
    return parents
  }

  /// One value for every level, or a list of one per level.
  private static func perLevel<Value>(
    _ field: Field, count: Int, read: (Field) throws(ConfigurationError) -> Value
  ) throws(ConfigurationError) -> [Value] {
    guard field.isList else { return Array(repeating: try read(field), count: count) }
    let items = try field.list()
    guard items.count == count else {
      throw field.error("found \(items.count) values, expected \(count): one per level below the top, leaves first")
    }
    var values: [Value] = []
    for item in items { values.append(try read(item)) }
    return values
  }

  var endpointCount: Int { tree.endpointCount }
  var vertexCount: Int { tree.vertexCount }
  var linkCount: Int { 2 * tree.cableCount }
  var joinsRails: Bool { !isRailOnly }

  func build(in graph: inout Graph, at site: ShapeSite) {
    tree.build(in: &graph, at: site, classes: classes) { level, index in
      guard isRailOnly else { return "\(levelName(level))\(index)" }
      let (rail, inRail) = index.quotientAndRemainder(dividingBy: tree.switchesPerTree(level: level))
      return "rail\(rail)-\(levelName(level))\(inRail)"
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    tree.appendRoute(from: source, to: destination, salt: salt, firstLink: firstLink, into: &links)
  }

  private func levelName(_ level: Int) -> String {
    tree.levels <= 3 ? ["leaf", "spine", "core"][level - 1] : "level\(level)-"
  }

  var title: String {
    let rails = railCount == 1 ? "" : isRailOnly ? ", \(railCount) rails that nothing joins" : ", \(railCount) rails"
    return "fat tree, \(tree.levels) level\(tree.levels == 1 ? "" : "s")\(rails)"
  }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    var rows: [DrawingRow] = []
    for level in (1...tree.levels).reversed() {
      let up = level < tree.levels ? ", \(tree.parents[level]) up" : ""
      let count = tree.switchCount(level: level)
      let name = levelName(level).split(separator: "-").joined()
      rows.append(
        .box("\(name): \(count) switch\(count == 1 ? "" : "es"), \(tree.children[level - 1]) ports down\(up)"))
      if level > 1 { rows.append(pen.cables(tree.cableCount(level: level - 1), classes[level - 1])) }
    }
    return rows + pen.edgeCables(endpointCount, classes[0])
  }
}
