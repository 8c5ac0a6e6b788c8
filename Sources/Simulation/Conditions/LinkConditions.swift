import Topologies

/// The links of a cluster as a run's conditions leave them.
struct LinkConditions {
  /// The payload bandwidth of each link from the start, in bytes a second.
  let capacities: [Double]
  /// For each link the one whose capacity it uses: itself, or for half duplex the lower of the cable's two.
  let resources: [Int32]
  /// Whether a link uses the capacity of another.
  let sharesDirections: Bool
  /// For each link whether more than the program's messages decide what it gives them: it changes, or others use it.
  let isUnsettled: [Bool]

  init(topology: Topology, conditions: Conditions) {
    let graph = topology.graph
    var capacities = graph.links.indices.map { graph.payloadBandwidth(ofLink: $0).bytesPerSecond }
    for (link, factor) in conditions.linkFactors.enumerated() { capacities[link] *= factor }
    sharesDirections = conditions.halfDuplex.contains(true)
    resources = sharesDirections ? Self.pairs(in: graph, conditions.halfDuplex) : graph.links.indices.map { Int32($0) }
    var isUnsettled = [Bool](repeating: false, count: graph.links.count)
    for change in conditions.linkChanges { isUnsettled[Int(resources[Int(change.link)])] = true }
    for flow in conditions.background {
      for link in topology.route(from: flow.from, to: flow.to)?.links ?? [] {
        isUnsettled[Int(resources[Int(link)])] = true
      }
    }
    // A shared cable has the capacity of the slower of its directions.
    for (link, resource) in resources.enumerated() where Int(resource) != link {
      capacities[Int(resource)] = min(capacities[Int(resource)], capacities[link])
      capacities[link] = capacities[Int(resource)]
    }
    self.capacities = capacities
    self.isUnsettled = isUnsettled
  }

  /// For each link the lower of the two directions of its cable where its class is half duplex, otherwise itself.
  ///
  /// The first link from a to b makes a cable with the first of its class from b to a, and so on.
  private static func pairs(in graph: Graph, _ halfDuplex: [Bool]) -> [Int32] {
    struct Ends: Hashable {
      var from: Int32
      var to: Int32
      var linkClass: Int32
    }
    var unpaired: [Ends: [Int32]] = [:]
    return graph.links.enumerated().map { index, link in
      guard halfDuplex[Int(link.linkClass)] else { return Int32(index) }
      let back = Ends(from: link.to, to: link.from, linkClass: link.linkClass)
      if var waiting = unpaired[back], !waiting.isEmpty {
        let partner = waiting.removeFirst()
        unpaired[back] = waiting
        return partner
      }
      unpaired[Ends(from: link.from, to: link.to, linkClass: link.linkClass), default: []].append(Int32(index))
      return Int32(index)
    }
  }

  /// The capacities that a route's links use, each once.
  func resources(of route: Route) -> [Int32] {
    sharesDirections ? route.links.map { resources[Int($0)] } : route.links
  }

  /// What the inner loops need of a route.
  func way(of route: Route, isLone: Bool) -> Way {
    var way = Way(route, isLone: isLone)
    for link in route.links { way.bandwidth = min(way.bandwidth, capacities[Int(link)]) }
    return way
  }
}
