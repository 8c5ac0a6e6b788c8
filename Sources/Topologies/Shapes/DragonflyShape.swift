import Configuration

/// A dragonfly: groups of routers, a full mesh inside each group, and one cable between every two groups.
///
///     fabric: {kind: dragonfly, groups: 9, routers: 4, hosts: 2, link: slingshot, global-link: slingshot-optical}
///
/// From Kim, Dally, Scott and Abts, "Technology-driven, highly-scalable dragonfly topology", ISCA 2008: `routers` is
/// the paper's a, `hosts` its p, and a router has as many global cables as the other groups need, its h. The global
/// cables of a group go to the groups after it in order, the first h from router 0, the next from router 1, ….
///
/// Routing is minimal in the paper's sense: at most one local, one global and one local cable. A way over two global
/// cables and a third group may be shorter by one link where the routers happen to fit; it is never taken.
struct DragonflyShape: Shape {
  let endpointCount: Int
  private let groups: Int
  private let routers: Int
  private let hosts: Int
  private let hostClass: Int
  private let localClass: Int
  private let globalClass: Int
  /// The global cables of a router, at most.
  private let globalPorts: Int

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: [
      "kind", "link", "local-link", "global-link", "groups", "routers", "hosts",
    ])
    let range = 1...context.limits.devices
    groups = try mapping.required("groups").integer(in: range)
    routers = try mapping.required("routers").integer(in: range)
    hosts = try mapping.required("hosts").integer(in: range)
    hostClass = try context.linkClass("link", of: mapping)
    localClass = try context.linkClass("local-link", of: mapping, default: hostClass)
    globalClass = try context.linkClass("global-link", of: mapping, default: hostClass)
    endpointCount = context.endpointCount
    globalPorts = groups > 1 ? (groups - 1 + routers - 1) / routers : 1
    let (groups, routers) = (Double(groups), Double(routers))
    try context.check(
      links: 2 * Double(endpointCount) + groups * routers * (routers - 1) + groups * (groups - 1) + groups * routers,
      at: field)
    guard groups * routers * Double(hosts) >= Double(endpointCount) else {
      throw field.error(
        "found places for \(self.groups * self.routers * hosts) \(context.noun), expected at least \(endpointCount)")
    }
  }

  var vertexCount: Int { groups * routers }
  var linkCount: Int { 2 * endpointCount + groups * routers * (routers - 1) + groups * (groups - 1) }

  func build(in graph: inout Graph, at site: ShapeSite) {
    let first = graph.vertices.count
    for group in 0..<groups {
      for router in 0..<routers {
        let name = "\(site.prefix)group\(group)-router\(router)"
        _ = graph.add(Vertex(name: name, kind: .switch, forwards: true))
      }
    }
    for endpoint in 0..<endpointCount {
      graph.connect(
        site.endpoints[endpoint], first + endpoint / hosts,
        linkClass: site.edgeClass(endpoint, default: hostClass), tier: site.edgeTier)
    }
    for group in 0..<groups {
      for left in 0..<routers {
        for right in (left + 1)..<max(routers, left + 1) {
          let base = first + group * routers
          graph.connect(base + left, base + right, linkClass: localClass, tier: site.coreTier)
        }
      }
    }
    for left in 0..<groups {
      for right in (left + 1)..<max(groups, left + 1) {
        graph.connect(
          first + gateway(from: left, to: right), first + gateway(from: right, to: left), linkClass: globalClass,
          tier: site.coreTier)
      }
    }
  }

  /// The router of one group that holds the cable to another.
  private func gateway(from group: Int, to other: Int) -> Int {
    group * routers + (other - group - 1 + groups) % groups / globalPorts
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    let (start, end) = (source / hosts, destination / hosts)
    let (startGroup, endGroup) = (start / routers, end / routers)
    links.append(Int32(firstLink + 2 * source))
    if startGroup == endGroup {
      appendLocal(from: start, to: end, firstLink: firstLink, into: &links)
    } else {
      let exit = gateway(from: startGroup, to: endGroup)
      let entry = gateway(from: endGroup, to: startGroup)
      appendLocal(from: start, to: exit, firstLink: firstLink, into: &links)
      let cable = FullMeshShape.cable(min(startGroup, endGroup), max(startGroup, endGroup), of: groups)
      let globals = firstLink + 2 * endpointCount + groups * routers * (routers - 1)
      links.append(Int32(globals + 2 * cable + (startGroup < endGroup ? 0 : 1)))
      appendLocal(from: entry, to: end, firstLink: firstLink, into: &links)
    }
    links.append(Int32(firstLink + 2 * destination + 1))
    return true
  }

  private func appendLocal(from start: Int, to end: Int, firstLink: Int, into links: inout [Int32]) {
    guard start != end else { return }
    let (group, left) = start.quotientAndRemainder(dividingBy: routers)
    let right = end % routers
    let cable = FullMeshShape.cable(min(left, right), max(left, right), of: routers)
    let locals = firstLink + 2 * endpointCount + group * routers * (routers - 1)
    links.append(Int32(locals + 2 * cable + (left < right ? 0 : 1)))
  }

  var title: String { "dragonfly, \(groups) groups of \(routers) routers with \(hosts) hosts" }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    [
      .box("\(groups) groups"), pen.cables(groups * (groups - 1) / 2, globalClass, "one between every two groups"),
      .box("\(groups * routers) routers, \(routers) in a group, \(hosts) hosts each"),
      pen.cables(groups * routers * (routers - 1) / 2, localClass, "one between every two routers of a group"),
    ] + pen.edgeCables(endpointCount, hostClass)
  }
}
