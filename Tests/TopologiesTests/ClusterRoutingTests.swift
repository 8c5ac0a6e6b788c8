import Quantities
import Testing
import Topologies

/// Routes between nodes: uplinks, rails, relays and shared NICs.
@Suite struct ClusterRoutingTests {
  static let design = """
    name: dgx-h100-16
    description: 16 DGX H100, rail-optimised NDR fat tree
    links:
      nvlink4: {bandwidth: 450 GB/s, latency: 500 ns}      # per GPU and direction
      ndr:     {bandwidth: 400 Gb/s, latency: 2 us}
    nodes:
      dgx: {count: 16, devices: {type: h100-sxm, count: 8}, scale-up: {kind: switch, link: nvlink4, planes: 4},
            nics: {count: 8, link: ndr, affinity: rail}}
    fabric: {kind: fat-tree, levels: 2, rails: 8, link: ndr, oversubscription: 1}
    """

  @Test func readsTheDesignExampleAsItStands() throws {
    let topology = try topology(Self.design)
    #expect(topology.deviceCount == 128)
    #expect(topology.nodeCount == 16)
    let counts = TopologyCounts(topology)
    // 16 NVSwitch planes, 8 leaves (one a rail), 16 spines.
    #expect(counts.vertices == [.device: 128, .switch: 40])
    #expect(counts.switchChips == 88)
    topology.checkRoutes("design")
    // Same rail: one leaf. Other rail: over the spine.
    #expect(topology.route(from: 0, to: 8)?.links.count == 2)
    #expect(topology.route(from: 0, to: 9)?.links.count == 4)
    #expect(topology.devices[77].node == 9)
    #expect(topology.graph.vertices[topology.devices[77].vertex].name == "dgx9/gpu5")
  }

  @Test func relaysOverTheScaleUpLinksToTheRail() throws {
    let topology = try topology(Self.design + "\nrouting: {cross-rail: scale-up}")
    for source in 0..<24 {
      for destination in 0..<128 where destination != source {
        let route = try #require(topology.route(from: source, to: destination))
        #expect(topology.fault(route.links, from: source, to: destination, relays: 1) == nil)
        let sameNode = source / 8 == destination / 8
        let sameRail = source % 8 == destination % 8
        #expect(route.links.count == (sameNode || sameRail ? 2 : 4))
        let tiers = route.links.map { topology.graph.links[Int($0)].tier }
        #expect(!tiers.contains(.fabric))
        #expect(tiers.count { $0 == .scaleUp } == (sameNode || !sameRail ? 2 : 0))
      }
    }
  }

  @Test func railOnlyNeedsTheRelay() throws {
    let railOnly = Self.design.replacing("oversubscription: 1", with: "rail-only: true")
    #expect(failure(railOnly).contains("cross-rail: scale-up"))
    let topology = try topology(railOnly + "\nrouting: {cross-rail: scale-up}")
    for source in 0..<16 {
      for destination in 0..<128 where destination != source {
        let links = try #require(topology.route(from: source, to: destination)).links
        #expect(topology.fault(links, from: source, to: destination, relays: 1) == nil)
      }
    }
    // The spines of different rails share no cable.
    let spines = topology.graph.vertices.filter { $0.name.contains("spine") }
    #expect(spines.count == 128)
  }

  @Test func railOnlyRefusesANodeThatMissesARail() throws {
    let text = """
      name: x
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes:
        a: {count: 2, devices: {type: chip, count: 2}, scale-up: {kind: switch, link: l}}
        b: {devices: {type: chip, count: 1}}
      fabric: {kind: fat-tree, levels: 1, rails: 2, rail-only: true, link: l}
      routing: {cross-rail: scale-up}
      """
    #expect(failure(text).contains("a device of 'b' can't reach rail 1 of 'a'"))
  }

  @Test func refusesRailsThatNoNodeHasAPortOn() {
    let text = """
      name: x
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes:
        a: {count: 2, devices: {type: chip, count: 4}, scale-up: {kind: switch, link: l},
            nics: {count: 2, attach: l, link: l, affinity: rail}}
      fabric: {kind: fat-tree, levels: 2, rails: 4, link: l}
      """
    #expect(failure(text).contains("found 4 rails, of which 2 would have no port"))
    #expect(failure(text.replacing("rails: 4", with: "rails: 2")) == "read without error")
  }

  /// Clusters over random node groups, attachments and fabrics: every route is valid and, without relays, as short as
  /// the graph allows.
  @Test(arguments: 0..<60) func randomClusters(_ seed: Int) throws {
    var dice = Dice(UInt64(seed) &+ 500)
    var groups: [String] = []
    var ports = 0
    var widest = 1
    for index in 0..<dice.roll(1...3) {
      let count = dice.roll(1...4)
      let devices = dice.pick([1, 2, 4, 6])
      let nics = dice.roll(1...devices)
      let choice = dice.roll(0...2)
      let attach =
        choice == 0
        ? "" : ", nics: {count: \(nics), attach: pcie, link: net, affinity: \(choice == 1 ? "rail" : "shared")}"
      let scaleUp = dice.pick(["switch", "full-mesh"])
      groups.append(
        "  g\(index): {count: \(count), devices: {type: chip, count: \(devices)}, "
          + "scale-up: {kind: \(scaleUp), link: up}\(attach)}")
      ports += count * (choice == 0 ? devices : nics)
      widest = max(widest, choice == 0 ? devices : nics)
    }
    // A rail that no node has a port on is refused.
    let rails = min(dice.roll(1...4), widest)
    let fabrics = [
      "{kind: switch, link: net}",
      "{kind: fat-tree, levels: 2, ports: \(dice.roll(1...5)), rails: \(rails), link: net}",
      "{kind: fat-tree, levels: 3, ports: \(dice.roll(1...4)), rails: \(rails), link: net}",
      "{kind: tree, arity: 3, link: net}",
    ]
    let text = """
      name: random
      links:
        up: {bandwidth: 9 GB/s, latency: 1 us}
        pcie: {bandwidth: 5 GB/s, latency: 1 us}
        net: {bandwidth: 1 GB/s, latency: 1 us}
      nodes:
      \(groups.joined(separator: "\n"))
      fabric: \(dice.pick(fabrics))
      routing: {seed: \(seed)}
      """
    let topology = try topology(text)
    let search = ShortestPathRouter(graph: topology.graph, deviceVertices: topology.devices.map(\.vertex))
    #expect(Set(topology.graph.vertices.map(\.name)).count == topology.graph.vertices.count)
    for source in 0..<topology.deviceCount {
      for destination in 0..<topology.deviceCount where destination != source {
        let links = try #require(topology.route(from: source, to: destination)).links
        #expect(topology.fault(links, from: source, to: destination) == nil)
        var shortest: [Int32] = []
        #expect(search.appendRoute(from: source, to: destination, salt: 0, into: &shortest))
        let sameNode = topology.node(ofRank: source) == topology.node(ofRank: destination)
        if sameNode {
          #expect(links.allSatisfy { topology.graph.links[Int($0)].tier == .scaleUp })
        } else if !text.contains("shared") {
          #expect(links.count == shortest.count)
        } else {
          // The hash of a shared NIC may pick one that is farther off.
          #expect(links.count >= shortest.count)
        }
      }
    }
    let slots = topology.devices
    #expect(slots.indices.dropFirst().allSatisfy { slots[$0].node >= slots[$0 - 1].node })
  }

  @Test(arguments: 0..<30) func randomRelays(_ seed: Int) throws {
    var dice = Dice(UInt64(seed) &+ 900)
    let nics = dice.pick([2, 4])
    let devices = nics * dice.roll(1...2)
    let rails = dice.pick([2, nics])
    let attach = devices == nics && dice.roll(0...1) == 0 ? "" : ", attach: pcie"
    let railOnly = dice.roll(0...1) == 0
    let topology = try topology(
      """
      name: relays
      links:
        up: {bandwidth: 9 GB/s, latency: 1 us}
        pcie: {bandwidth: 5 GB/s, latency: 1 us}
        net: {bandwidth: 1 GB/s, latency: 1 us}
      nodes:
        n: {count: \(dice.roll(2...9)), devices: {type: chip, count: \(devices)},
            scale-up: {kind: \(dice.pick(["switch", "full-mesh", "ring"])), link: up},
            nics: {count: \(nics), link: net\(attach)}}
      fabric: {kind: fat-tree, levels: 2, ports: 3, rails: \(rails), rail-only: \(railOnly), link: net}
      routing: {cross-rail: scale-up}
      """)
    let spine = topology.graph.vertices.indices.filter { topology.graph.vertices[$0].name.contains("spine") }
    for source in 0..<topology.deviceCount {
      for destination in 0..<topology.deviceCount where destination != source {
        let links = try #require(topology.route(from: source, to: destination)).links
        #expect(topology.fault(links, from: source, to: destination, relays: 1) == nil)
        let rail = { (rank: Int) in rank % devices * nics / devices * rails / nics }
        let path = links.map { topology.graph.links[Int($0)] }
        if topology.node(ofRank: source) != topology.node(ofRank: destination) {
          #expect(path.contains { $0.tier == .scaleUp } == (rail(source) != rail(destination)))
        }
        // A message stays on the destination's rail, so it needs no spine when one leaf serves the rail.
        if topology.nodeCount * nics / rails <= 3 { #expect(!path.contains { spine.contains(Int($0.to)) }) }
      }
    }
  }

  @Test func sharedNICsSpreadByTheHash() throws {
    let topology = try topology(
      """
      name: shared
      links: {up: {bandwidth: 9 GB/s, latency: 1 us}, net: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes:
        n: {count: 8, devices: {type: chip, count: 4}, scale-up: {kind: switch, link: up},
            nics: {count: 2, link: net, attach: up, affinity: shared}}
      fabric: {kind: switch, link: net}
      """)
    #expect(topology.count(.nic) == 16)
    #expect(topology.count(.bridge) == 8)
    var loads: [Int32: Int] = [:]
    for source in 0..<32 {
      for destination in 0..<32 where source / 4 != destination / 4 {
        for link in try #require(topology.route(from: source, to: destination)).links
        where topology.graph.links[Int(link)].tier == .nic {
          loads[link, default: 0] += 1
        }
      }
    }
    // 112 messages leave a node, over two NICs.
    #expect(loads.count == 32)
    for load in loads.values { #expect((32...80).contains(load)) }
  }

  @Test func nicLinksMayDifferByNodeGroup() throws {
    let topology = try topology(
      """
      name: unequal
      links: {up: {bandwidth: 9 GB/s, latency: 1 us}, fast: {bandwidth: 2 GB/s, latency: 1 us}, slow: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes:
        a: {devices: {type: chip, count: 2}, scale-up: {kind: switch, link: up}, nics: {count: 2, link: slow}}
        b: {devices: {type: chip, count: 1}}
      fabric: {kind: switch, link: fast}
      """)
    #expect(topology.route(from: 0, to: 2)?.bandwidth == BytesPerSecond(1e9))
    let classes = topology.graph.links.filter { $0.tier == .nic }
      .map { topology.graph.linkClasses[Int($0.linkClass)].name }
    #expect(classes.count { $0 == "slow" } == 4)
    #expect(classes.count { $0 == "fast" } == 2)
  }

  @Test func groupsRanksByNode() throws {
    let topology = try topology(Self.design)
    #expect(topology.ranksByNode(first: 0).isEmpty)
    #expect(topology.ranksByNode(first: 10) == [Array(0..<8), [8, 9]])
    #expect(topology.ranksByNode(first: 1000).count == 16)
    #expect(topology.ranksByNode(first: 128).flatMap { $0 } == Array(0..<128))
  }

  @Test func groupNamesThatEndInDigitsStayApart() throws {
    let topology = try topology(
      """
      name: names
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes:
        a: {count: 12, devices: {type: chip, count: 1}}
        a1: {count: 12, devices: {type: chip, count: 1}}
      fabric: {kind: switch, link: l}
      """)
    #expect(Set(topology.graph.vertices.map(\.name)).count == topology.graph.vertices.count)
    #expect(topology.graph.vertices[topology.devices[13].vertex].name == "a1-1/gpu0")
  }
}
