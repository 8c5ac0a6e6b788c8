import Configuration

/// Every endpoint cabled to the next, and the last to the first: a torus of one dimension.
///
///     scale-up: {kind: ring, link: nvlink}
struct RingShape: Shape {
  private let torus: TorusShape

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "link"])
    let linkClass = try context.linkClass("link", of: mapping)
    torus = TorusShape(dimensions: [context.endpointCount], linkClass: linkClass, isRing: true)
    try context.check(links: Double(torus.linkCount), at: field)
  }

  var endpointCount: Int { torus.endpointCount }
  var vertexCount: Int { 0 }
  var linkCount: Int { torus.linkCount }
  var endpointsForward: Bool { true }
  var isDirect: Bool { true }

  func build(in graph: inout Graph, at site: ShapeSite) {
    torus.build(in: &graph, at: site)
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    torus.appendRoute(from: source, to: destination, salt: salt, firstLink: firstLink, into: &links)
  }

  var title: String { torus.title }

  func drawing(_ pen: ShapePen) -> [DrawingRow] { torus.drawing(pen) }
}
