import Quantities

/// Which link classes of the file a route of the machine crosses.
extension MachineTopology {
  /// A link on a route.
  private struct Crossed {
    let name: String
    /// The rate by generation, by which the link that binds the route is found.
    let bandwidth: BytesPerSecond
  }

  /// The class of the links between sockets.
  static let socketClass = "inter-socket"

  /// What the measured routes say of each link class, by its name.
  ///
  /// A route tells of the class of all its links, or of the slowest of them: of the one between sockets where it crosses
  /// that. A class takes the routes between GPUs that cross no other; without such those that it binds; without such
  /// those of the host.
  func measuredFigures() throws(MachineTopologyError) -> [String: MeasuredLinks.Figures] {
    guard let measured else { return [:] }
    var found: [String: [(tier: Int, route: MeasuredLinks.Route, links: Int?)]] = [:]
    for route in measured.routes {
      let crossed = try crossed(from: route.from, to: route.to)
      guard let slowest = crossed.min(by: { $0.bandwidth < $1.bandwidth }) else { continue }
      let name = crossed.contains { $0.name == Self.socketClass } ? Self.socketClass : slowest.name
      let isAlone = crossed.allSatisfy { $0.name == name }
      let tier = route.from == nil || route.to == nil ? 2 : isAlone ? 0 : 1
      found[name, default: []].append((tier, route, isAlone ? crossed.count : nil))
    }
    return found.mapValues { routes in
      let best = routes.map(\.tier).min()
      return measured.figures(of: routes.filter { $0.tier == best }.map { ($0.route, $0.links) })
    }
  }

  /// The links of the file between two GPUs, or between one and its socket, in any order.
  private func crossed(from: Int?, to: Int?) throws(MachineTopologyError) -> [Crossed] {
    guard machine.gpus.count > 1 else { return [] }
    let ends = [from, to].compactMap { $0 }
    if let uniform = try uniformLinks() {
      return ends.count == 2
        ? try Array(repeating: peer(uniform.links), count: uniform.crossings) : []
    }
    let ways = ends.map { gpu in machine.tree.part(ofGPU: gpu).map { way(up: $0) } ?? [] }
    guard let first = ways.first else { return [] }
    guard ways.count == 2 else { return first.compactMap(\.link) }
    if let direct = machine.peerLinks.first(where: { link in
      (link.gpu, link.peer) == (ends[0], ends[1]) || (link.gpu, link.peer) == (ends[1], ends[0])
    }) {
      return [try peer(direct.count)]
    }
    let switched = ends.compactMap { gpu in machine.peerLinks.first { $0.gpu == gpu && $0.peer == nil } }
    if switched.count == 2 { return [try peer(switched[0].count), try peer(switched[1].count)] }
    let parts = ways.map { $0.map(\.part) }
    if let turn = parts[0].first(where: { parts[1].contains($0) }) {
      return ways.flatMap { $0.prefix { $0.part != turn }.compactMap(\.link) }
    }
    return ways.flatMap { $0.compactMap(\.link) } + [Crossed(name: Self.socketClass, bandwidth: Self.socketBandwidth)]
  }

  private func peer(_ links: Int) throws(MachineTopologyError) -> Crossed {
    let generation = try generation()
    return Crossed(
      name: generation.className(links: links),
      bandwidth: BytesPerSecond(generation.bandwidth.bytesPerSecond * Double(links)))
  }

  /// The parts that the file has above a part and that part itself, each with the link that leads on up; the last has none.
  private func way(up part: Int) -> [(part: Int, link: Crossed?)] {
    let forks = machine.tree.forks(towards: Self.isGPU)
    var way: [(part: Int, link: Crossed?)] = []
    var place = part
    while let cable = cable(above: place, forks) {
      let speed = pcieSpeed(cable.speed)
      way.append((place, Crossed(name: speed.className, bandwidth: speed.bandwidth)))
      place = cable.parent
    }
    return way + [(place, nil)]
  }
}
