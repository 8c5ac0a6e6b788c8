import Configuration

/// Every endpoint on one switch.
///
///     scale-up: {kind: switch, link: nvlink4, planes: 4}
///
/// `planes` is the number of switch chips that an endpoint's link is striped over evenly, as NVLink is over the
/// NVSwitches of a box. Striping is by packet, so the chips act as one switch: `planes` shows in counts and drawings
/// and changes no route and no rate.
struct SwitchShape: Shape {
  let endpointCount: Int
  let planes: Int
  private let linkClass: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "link", "planes"])
    endpointCount = context.endpointCount
    linkClass = try context.linkClass("link", of: mapping)
    planes = try mapping.integer("planes", in: 1...4096, default: 1)
  }

  var vertexCount: Int { 1 }
  var linkCount: Int { 2 * endpointCount }

  func build(in graph: inout Graph, at site: ShapeSite) {
    let hub = graph.add(Vertex(name: site.prefix + "switch", kind: .switch, forwards: true))
    for (endpoint, vertex) in site.endpoints.enumerated() {
      graph.connect(
        vertex, hub, linkClass: site.edgeClass(endpoint, default: linkClass), tier: site.edgeTier)
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    links.append(Int32(firstLink + 2 * source))
    links.append(Int32(firstLink + 2 * destination + 1))
    return true
  }

  var title: String { planes == 1 ? "switch" : "switch, \(planes) planes" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    let chips = planes == 1 ? "" : " of \(planes) chips"
    return [.box("1 switch\(chips), \(endpointCount) ports")] + pen.edgeCables(endpointCount, linkClass)
  }
}
