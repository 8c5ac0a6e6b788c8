import Quantities
import Testing
import Topologies

/// Every shape's routes against breadth-first search, over random parameters, inside a node and as a fabric.
@Suite struct ShapeRoutingTests {
  /// A shape of some size, as YAML, with how many links more than the shortest its routes may have.
  struct Sample: CustomTestStringConvertible {
    var count: Int
    var yaml: String
    var slack = 0
    var testDescription: String { "\(count) on \(yaml)" }
  }

  static let samples: [Sample] = {
    var dice = Dice(11)
    var samples: [Sample] = []
    for count in [1, 2, 3, 4, 5, 8, 13] {
      for kind in ["switch", "full-mesh", "ring"] {
        samples.append(Sample(count: count, yaml: "{kind: \(kind), link: l}"))
      }
    }
    for _ in 0..<30 {
      var dimensions = (0..<dice.roll(1...4)).map { _ in dice.roll(1...5) }
      while dimensions.reduce(1, *) > 150 { dimensions.removeLast() }
      samples.append(Sample(count: dimensions.reduce(1, *), yaml: "{kind: torus, dimensions: \(dimensions), link: l}"))
    }
    for _ in 0..<40 {
      let levels = dice.roll(1...4)
      let ports = (1..<max(levels, 1)).map { _ in dice.roll(1...4) }
      let ratios = ports.map { port in dice.pick((1...port).filter { port % $0 == 0 }) }
      var yaml = "{kind: fat-tree, link: l, levels: \(levels)"
      if levels > 1 { yaml += ", ports: \(ports), oversubscription: \(ratios)" }
      samples.append(Sample(count: dice.roll(1...70), yaml: yaml + "}"))
    }
    for _ in 0..<20 {
      samples.append(Sample(count: dice.roll(1...90), yaml: "{kind: tree, arity: \(dice.roll(2...5)), link: l}"))
    }
    for _ in 0..<30 {
      let (groups, routers, hosts) = (dice.roll(1...9), dice.roll(1...5), dice.roll(1...3))
      samples.append(
        Sample(
          count: dice.roll(1...groups * routers * hosts),
          yaml: "{kind: dragonfly, groups: \(groups), routers: \(routers), hosts: \(hosts), link: l}", slack: 1))
    }
    for _ in 0..<30 {
      let hosts = dice.roll(1...4)
      let count = hosts * dice.roll(1...6)
      let bridges = dice.roll(0...1) == 0 ? "" : ", devices-per-bridge: \(dice.roll(1...4))"
      samples.append(
        Sample(count: count, yaml: "{kind: pcie-tree, host-bridges: \(hosts), inter-socket: l, link: l\(bridges)}"))
    }
    return samples
  }()

  @Test(arguments: samples) func insideANode(_ sample: Sample) throws {
    let topology = try node(sample.count, sample.yaml)
    #expect(topology.deviceCount == sample.count)
    topology.checkRoutes(slack: sample.slack, "\(sample.yaml)")
    #expect(topology.graph.links.allSatisfy { $0.tier == .scaleUp })
  }

  @Test(arguments: samples) func asAFabric(_ sample: Sample) throws {
    let topology = try fabric(sample.count, sample.yaml)
    topology.checkRoutes(slack: sample.slack, "\(sample.yaml)")
    let devices = Set(topology.devices.map { Int32($0.vertex) })
    for link in topology.graph.links {
      let touches = devices.contains(link.from) || devices.contains(link.to)
      #expect(link.tier == (touches ? .nic : .fabric))
    }
  }

  @Test func dragonflyRoutesCrossOneGlobalCableAtMost() throws {
    let topology = try fabric(
      72, "{kind: dragonfly, groups: 9, routers: 4, hosts: 2, link: h, local-link: l, global-link: g}",
      links: ["h", "l", "g"].map { "\($0): {bandwidth: 1 GB/s, latency: 1 us}" }.joined(separator: ", "))
    for source in 0..<72 {
      for destination in 0..<72 where destination != source {
        let route = try #require(topology.route(from: source, to: destination))
        let names = route.links.map { topology.graph.linkClass(ofLink: Int($0)).name }
        #expect(names.count { $0 == "g" } == (source / 8 == destination / 8 ? 0 : 1))
        #expect(names.count { $0 == "l" } <= (source / 8 == destination / 8 ? 1 : 2))
      }
    }
    // Kim et al.: a balanced dragonfly of a = 4, h = 2 has g = a h + 1 groups and every router two global cables.
    var globals: [Int32: Int] = [:]
    for link in topology.graph.links where topology.graph.linkClasses[Int(link.linkClass)].name == "g" {
      globals[link.from, default: 0] += 1
    }
    #expect(globals.count == 36)
    #expect(globals.values.allSatisfy { $0 == 2 })
  }

  @Test func torusTakesBothWaysRoundWhenTheyAreEqual() throws {
    let topology = try fabric(8, "{kind: ring, link: l}")
    var firsts: Set<Int32> = []
    for salt in 0..<64 {
      let links = try #require(topology.links(from: 1, to: 5, salt: UInt64(salt)))
      #expect(links.count == 4)
      firsts.insert(links[0])
    }
    #expect(firsts.count == 2)
  }

  @Test func torusOfTwoHasOneCablePerPair() throws {
    let topology = try fabric(8, "{kind: torus, dimensions: [2, 2, 2], link: l}")
    #expect(topology.graph.links.count == 24)
    let pairs = Set(topology.graph.links.map { [$0.from, $0.to] })
    #expect(pairs.count == 24)
  }

  @Test func routesAreTheSameOnEveryAsking() throws {
    for sample in Self.samples where sample.count > 1 {
      let first = try fabric(sample.count, sample.yaml)
      let second = try fabric(sample.count, sample.yaml)
      for destination in 1..<sample.count {
        #expect(first.route(from: 0, to: destination) == second.route(from: 0, to: destination))
      }
    }
  }

  @Test func equalParentsShareTheTraffic() throws {
    let topology = try fabric(64, "{kind: fat-tree, levels: 2, ports: 8, link: l}")
    var loads: [Int32: Int] = [:]
    for source in 0..<64 {
      for destination in 0..<64 where source / 8 != destination / 8 {
        let route = try #require(topology.route(from: source, to: destination))
        for link in route.links where topology.graph.links[Int(link)].tier == .fabric { loads[link, default: 0] += 1 }
      }
    }
    // 8 leaves of 8 uplinks and 8 downlinks, 448 flows up each leaf: 56 a link on average.
    #expect(loads.count == 128)
    let mean = 56.0
    for load in loads.values { #expect(abs(Double(load) - mean) < 4.5 * mean.squareRoot()) }
  }

  @Test func explicitGraphFollowsItsCables() throws {
    // The hybrid cube mesh of a DGX-1: two quads fully joined, and each device to its image.
    var cables: [String] = []
    for quad in [0, 4] {
      for left in 0..<4 {
        for right in (left + 1)..<4 { cables.append("[gpu\(quad + left), gpu\(quad + right), l]") }
      }
    }
    for device in 0..<4 { cables.append("[gpu\(device), gpu\(device + 4), l]") }
    let shape = "{kind: graph, endpoints-forward: true, links: [\(cables.joined(separator: ", "))]}"
    let topology = try node(8, shape)
    #expect(topology.graph.links.count == 32)
    topology.checkRoutes("hybrid cube mesh")
    #expect(try #require(topology.route(from: 0, to: 5)).links.count == 2)
  }

  @Test func explicitGraphMayHaveOneWayLinks() throws {
    let shape = "{kind: graph, endpoints-forward: true, links: [[gpu0, gpu1, l, one-way], [gpu1, gpu2, l, one-way], "
    let topology = try node(3, shape + "[gpu2, gpu0, l, one-way]]}")
    #expect(topology.route(from: 0, to: 2)?.links.count == 2)
    #expect(topology.route(from: 2, to: 0)?.links.count == 1)
  }

  @Test func explicitGraphJoinsNodes() throws {
    let topology = try topology(
      """
      name: odd
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}, fast: {bandwidth: 9 GB/s, latency: 1 us}}
      nodes:
        a: {count: 2, devices: {type: chip, count: 2}, scale-up: {kind: full-mesh, link: fast},
            nics: {count: 2, attach: l}}
        b: {devices: {type: chip, count: 1}}
      fabric:
        kind: graph
        vertices: [s0, {name: s1, kind: switch}]
        links:
          - [a0/nic0, s0, l]
          - [a0/nic1, s1, fast]
          - [a1/nic0, s0, l]
          - [a1/nic1, s1, l]
          - [b0/gpu0, s1, fast]
          - [s0, s1, fast]
      """)
    topology.checkRoutes("odd")
    #expect(topology.graph.links.count { $0.tier == .fabric } == 2)
    #expect(topology.graph.links.count { $0.tier == .nic } == 10)
  }
}
