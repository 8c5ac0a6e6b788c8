import Configuration

/// The PCIe tree of a box: endpoints on bridges, bridges on host bridges, host bridges joined by the sockets' link.
///
///     scale-up: {kind: pcie-tree, link: pcie4, devices-per-bridge: 2, host-bridges: 2, inter-socket: upi}
///
/// - `devices-per-bridge`: the endpoints on one PCIe switch; without it they sit on the host bridges directly.
/// - `host-bridges`: the number of sockets, 1 unless given; the endpoints are dealt to them in equal runs.
/// - `uplink`: the class from a PCIe switch to its host bridge, `link` unless given.
/// - `inter-socket`: the class between host bridges, required when there are several: one cable between every two.
struct PCIeTreeShape: Shape {
  let endpointCount: Int
  private let link: Int
  private let uplink: Int
  private let interSocket: Int
  private let hosts: Int
  private let perHost: Int
  /// The endpoints of a PCIe switch; 0 when there are no such switches.
  private let perBridge: Int
  private let bridgesPerHost: Int
  private let bridgeCount: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: [
      "kind", "link", "uplink", "inter-socket", "devices-per-bridge", "host-bridges",
    ])
    endpointCount = context.endpointCount
    link = try context.linkClass("link", of: mapping)
    uplink = try context.linkClass("uplink", of: mapping, default: link)
    hosts = try mapping.integer("host-bridges", in: 1...4096, default: 1)
    if hosts > 1 {
      interSocket = try context.linkClass("inter-socket", of: mapping)
    } else {
      interSocket = try context.linkClass("inter-socket", of: mapping, default: link)
    }
    perBridge = try mapping.integer("devices-per-bridge", in: 1...context.limits.devices, default: 0)
    perHost = (endpointCount + hosts - 1) / hosts
    guard (hosts - 1) * perHost < endpointCount else {
      throw mapping.keyField("host-bridges").error(
        "found \(hosts) host bridges for \(endpointCount) \(context.noun), which leaves one empty")
    }
    bridgesPerHost = perBridge == 0 ? 0 : (perHost + perBridge - 1) / perBridge
    let last = endpointCount - (hosts - 1) * perHost
    bridgeCount = perBridge == 0 ? 0 : (hosts - 1) * bridgesPerHost + (last + perBridge - 1) / perBridge
    try context.check(links: Double(2 * (endpointCount + bridgeCount)) + Double(hosts * (hosts - 1)), at: field)
  }

  var vertexCount: Int { bridgeCount + hosts }
  var linkCount: Int { 2 * (endpointCount + bridgeCount) + hosts * (hosts - 1) }

  private func bridge(of endpoint: Int) -> Int {
    endpoint / perHost * bridgesPerHost + endpoint % perHost / perBridge
  }

  func build(in graph: inout Graph, at site: ShapeSite) {
    let firstBridge = graph.vertices.count
    for bridge in 0..<bridgeCount {
      _ = graph.add(Vertex(name: "\(site.prefix)bridge\(bridge)", kind: .bridge, forwards: true))
    }
    let firstHost = graph.vertices.count
    for host in 0..<hosts {
      _ = graph.add(Vertex(name: "\(site.prefix)socket\(host)", kind: .bridge, forwards: true))
    }
    for endpoint in 0..<endpointCount {
      let parent = perBridge == 0 ? firstHost + endpoint / perHost : firstBridge + bridge(of: endpoint)
      graph.connect(
        site.endpoints[endpoint], parent, linkClass: site.edgeClass(endpoint, default: link), tier: site.edgeTier)
    }
    for bridge in 0..<bridgeCount {
      graph.connect(
        firstBridge + bridge, firstHost + bridge / bridgesPerHost, linkClass: uplink, tier: site.coreTier)
    }
    for left in 0..<hosts {
      for right in (left + 1)..<max(hosts, left + 1) {
        graph.connect(firstHost + left, firstHost + right, linkClass: interSocket, tier: site.coreTier)
      }
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    let (startHost, endHost) = (source / perHost, destination / perHost)
    links.append(Int32(firstLink + 2 * source))
    let uplinks = firstLink + 2 * endpointCount
    if perBridge > 0, bridge(of: source) != bridge(of: destination) {
      links.append(Int32(uplinks + 2 * bridge(of: source)))
    }
    if startHost != endHost {
      let cable = FullMeshShape.cable(min(startHost, endHost), max(startHost, endHost), of: hosts)
      links.append(Int32(uplinks + 2 * (bridgeCount + cable) + (startHost < endHost ? 0 : 1)))
    }
    if perBridge > 0, bridge(of: source) != bridge(of: destination) {
      links.append(Int32(uplinks + 2 * bridge(of: destination) + 1))
    }
    links.append(Int32(firstLink + 2 * destination + 1))
    return true
  }

  var title: String { "PCIe tree, \(hosts) host bridge\(hosts == 1 ? "" : "s")" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    var rows: [DrawingRow] = [.box("\(hosts) host bridge\(hosts == 1 ? "" : "s")")]
    if hosts > 1 { rows.append(pen.cables(hosts * (hosts - 1) / 2, interSocket, "between host bridges")) }
    if perBridge > 0 {
      rows.append(pen.cables(bridgeCount, uplink))
      rows.append(.box("\(bridgeCount) PCIe switch\(bridgeCount == 1 ? "" : "es"), \(perBridge) ports down"))
    }
    return rows + pen.edgeCables(endpointCount, link)
  }
}
