import Configuration

/// A cable between every two endpoints.
///
///     scale-up: {kind: full-mesh, link: xgmi}
struct FullMeshShape: Shape {
  let endpointCount: Int
  private let linkClass: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "link"])
    endpointCount = context.endpointCount
    linkClass = try context.linkClass("link", of: mapping)
    try context.check(links: Double(endpointCount) * Double(endpointCount - 1), at: field)
  }

  var vertexCount: Int { 0 }
  var linkCount: Int { endpointCount * (endpointCount - 1) }
  var isDirect: Bool { true }

  func build(in graph: inout Graph, at site: ShapeSite) {
    for first in 0..<endpointCount {
      for second in (first + 1)..<max(endpointCount, first + 1) {
        graph.connect(site.endpoints[first], site.endpoints[second], linkClass: linkClass, tier: site.edgeTier)
      }
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    let cable = Self.cable(min(source, destination), max(source, destination), of: endpointCount)
    links.append(Int32(firstLink + 2 * cable + (source < destination ? 0 : 1)))
    return true
  }

  /// The index of the cable between two of `count` vertices, `first` below `second`, in the order of construction.
  static func cable(_ first: Int, _ second: Int, of count: Int) -> Int {
    first * count - first * (first + 1) / 2 + second - first - 1
  }

  var title: String { "full mesh" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    [pen.cables(linkCount / 2, linkClass, "one between every two")]
  }
}
