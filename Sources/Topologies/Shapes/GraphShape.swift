import Configuration
import Quantities

/// An explicit graph, for what no other shape says: a hybrid cube mesh, unequal links, a real machine's odd cabling.
///
///     scale-up:
///       kind: graph
///       vertices: [sw0, sw1, {name: root, kind: bridge}]
///       links:
///         - [gpu0, sw0, nvlink]
///         - [gpu0, gpu1, nvlink-bridge, one-way]
///
/// Endpoints need no declaration: inside a node they are called `gpu0`, `gpu1`, … (or by the name given in
/// `devices`), in the fabric `dgx0/nic3` or `dgx0/gpu3`. A link is a full-duplex cable unless marked `one-way`.
/// Devices pass nothing on unless `endpoints-forward: true`. Routes are shortest paths found beforehand for every
/// endpoint (``ShortestPathRouter``); the salt chooses among equal ones.
struct GraphShape: Shape {
  private struct Cable {
    var from: Int
    var to: Int
    var linkClass: Int
    var isOneWay: Bool
  }

  let endpointCount: Int
  let endpointsForward: Bool
  private let vertices: [Vertex]
  private let cables: [Cable]
  private let router: ShortestPathRouter

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "vertices", "links", "endpoints-forward"])
    endpointCount = context.endpointCount
    endpointsForward = try mapping.boolean("endpoints-forward", default: false)
    let declared = try mapping.optional("vertices").map { field throws(ConfigurationError) in try field.list() } ?? []
    guard (endpointCount + declared.count) <= context.limits.graphTable / max(endpointCount, 1) else {
      throw field.error(
        "found \(endpointCount) \(context.noun) in an explicit graph of \(endpointCount + declared.count) vertices, "
          + "expected a product of at most \(context.limits.graphTable): use one of the regular kinds")
    }
    var names = (0..<endpointCount).map(context.endpointName)
    var indices = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    var vertices: [Vertex] = []
    for item in declared {
      let vertex = try Self.vertex(item)
      guard indices[vertex.name] == nil else {
        throw item.error("found the name '\(vertex.name)' twice, expected a name of its own")
      }
      indices[vertex.name] = names.count
      names.append(vertex.name)
      vertices.append(vertex)
    }
    var cables: [Cable] = []
    for item in try mapping.required("links").list() {
      cables.append(try Self.cable(item, indices: indices, names: names, context: context))
    }
    try context.check(links: Double(2 * cables.count), at: field)
    self.vertices = vertices
    self.cables = cables
    router = Self.router(endpointCount, endpointsForward, vertices, cables)
    for source in 0..<endpointCount {
      for destination in 0..<endpointCount where !router.reaches(from: source, to: destination) {
        throw field.error(
          "'\(names[source])' can't reach '\(names[destination])'; expected a way between every two \(context.noun) "
            + "(devices pass nothing on unless endpoints-forward is true)")
      }
    }
  }

  private static func vertex(_ item: Field) throws(ConfigurationError) -> Vertex {
    var kind = Vertex.Kind.switch
    var nameField = item
    if item.isMapping {
      let mapping = try item.mapping(allowed: ["name", "kind"])
      nameField = try mapping.required("name")
      if let field = mapping.optional("kind") {
        kind = try field.name(among: ["switch", "bridge"], noun: "vertex kind") == "switch" ? .switch : .bridge
      }
    }
    let name = try nameField.string()
    guard !name.contains("/") else {
      throw nameField.error("found '\(name)', expected a name without '/', which stands for the parts of a node")
    }
    return Vertex(name: name, kind: kind, forwards: true)
  }

  private static func cable(
    _ item: Field, indices: [String: Int], names: [String], context: ShapeContext
  ) throws(ConfigurationError) -> Cable {
    let parts = try item.list()
    guard (3...4).contains(parts.count) else {
      throw item.error(
        "found \(parts.count) values, expected a link as [from, to, class] or [from, to, class, one-way]")
    }
    if parts.count == 4 { _ = try parts[3].name(among: ["one-way"], noun: "link mark") }
    func index(_ field: Field) throws(ConfigurationError) -> Int {
      let name = try field.string()
      guard let index = indices[name] else {
        throw field.error("no vertex '\(name)'\(NearestName.suggestion(for: name, among: names))")
      }
      return index
    }
    let cable = Cable(
      from: try index(parts[0]), to: try index(parts[1]), linkClass: try context.links.index(naming: parts[2]),
      isOneWay: parts.count == 4)
    guard cable.from != cable.to else { throw item.error("found a link from '\(names[cable.from])' to itself") }
    return cable
  }

  /// Shortest paths on the graph of one instance, whose link indices start at 0.
  private static func router(
    _ endpointCount: Int, _ endpointsForward: Bool, _ vertices: [Vertex], _ cables: [Cable]
  ) -> ShortestPathRouter {
    var graph = Graph()
    for endpoint in 0..<endpointCount {
      _ = graph.add(Vertex(name: "\(endpoint)", kind: .device, forwards: endpointsForward))
    }
    for vertex in vertices { _ = graph.add(vertex) }
    add(cables, to: &graph, vertex: { $0 }, tier: { _ in .scaleUp })
    return ShortestPathRouter(graph: graph, deviceVertices: Array(0..<endpointCount))
  }

  private static func add(
    _ cables: [Cable], to graph: inout Graph, vertex: (Int) -> Int, tier: (Cable) -> LinkTier
  ) {
    for cable in cables {
      let (from, to) = (vertex(cable.from), vertex(cable.to))
      if cable.isOneWay {
        graph.addLink(from: from, to: to, linkClass: cable.linkClass, tier: tier(cable))
      } else {
        graph.connect(from, to, linkClass: cable.linkClass, tier: tier(cable))
      }
    }
  }

  var vertexCount: Int { vertices.count }
  var linkCount: Int { cables.reduce(0) { $0 + ($1.isOneWay ? 1 : 2) } }
  var isDirect: Bool { true }

  func build(in graph: inout Graph, at site: ShapeSite) {
    let first = graph.vertices.count
    for vertex in vertices {
      _ = graph.add(Vertex(name: site.prefix + vertex.name, kind: vertex.kind, forwards: true))
    }
    Self.add(
      cables, to: &graph, vertex: { $0 < endpointCount ? site.endpoints[$0] : first + $0 - endpointCount },
      tier: { min($0.from, $0.to) < endpointCount ? site.edgeTier : site.coreTier })
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    let start = links.count
    guard router.appendRoute(from: source, to: destination, salt: salt, into: &links) else { return false }
    for index in start..<links.count { links[index] += Int32(firstLink) }
    return true
  }

  var title: String { "explicit graph" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    var rows: [DrawingRow] = []
    if !vertices.isEmpty { rows.append(.box("\(vertices.count) switches and bridges")) }
    var counts: [Int: Int] = [:]
    for cable in cables { counts[cable.linkClass, default: 0] += 1 }
    for (linkClass, count) in counts.sorted(by: { $0.key < $1.key }) { rows.append(pen.cables(count, linkClass)) }
    return rows
  }
}
