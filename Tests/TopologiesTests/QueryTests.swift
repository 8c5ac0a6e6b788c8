import Quantities
import Testing
import Topologies

/// Counts, bisection, diameter, paths and drawings.
@Suite struct QueryTests {
  @Test(arguments: [
    ("{kind: switch, link: l}", 8, 4.0), ("{kind: full-mesh, link: l}", 8, 16), ("{kind: ring, link: l}", 8, 2),
    ("{kind: ring, link: l}", 7, 2), ("{kind: torus, dimensions: [4, 4], link: l}", 16, 8),
    ("{kind: torus, dimensions: [2, 2, 2], link: l}", 8, 4),
    ("{kind: torus, dimensions: [4, 4, 4], link: l}", 64, 32),
    ("{kind: fat-tree, levels: 2, ports: 4, link: l}", 16, 8),
    ("{kind: fat-tree, levels: 2, ports: 4, oversubscription: 2, link: l}", 16, 4),
    ("{kind: fat-tree, levels: 2, ports: 4, oversubscription: 4, link: l}", 16, 2),
    ("{kind: tree, arity: 2, link: l}", 16, 1), ("{kind: tree, arity: 4, link: l}", 16, 2),
  ]) func bisectionIsAsTheBooksSay(_ shape: String, _ count: Int, _ links: Double) throws {
    let bisection = BisectionBandwidth(try node(count, shape))
    #expect(bisection.bandwidth == BytesPerSecond(links * 1e9))
    #expect(bisection.senders == count / 2)
  }

  /// Against the least cut, tried over every set of vertices: Ford and Fulkerson's theorem.
  @Test(arguments: 0..<120) func bisectionIsTheLeastCut(_ seed: Int) throws {
    var dice = Dice(UInt64(seed) &+ 40)
    let devices = dice.roll(2...4)
    let switches = dice.roll(1...7)
    var links = (0..<devices).map { "[gpu\($0), s\(dice.roll(0...switches - 1)), l\(dice.roll(1...3))]" }
    for next in 1..<max(switches, 2) where switches > 1 {
      links.append("[s\(next - 1), s\(next), l\(dice.roll(1...3))]")
    }
    // One-way links among switches: flow found first must often be undone.
    for _ in 0..<dice.roll(0...12) where switches > 1 {
      let from = dice.roll(0...switches - 1)
      let to = (from + dice.roll(1...switches - 1)) % switches
      links.append("[s\(from), s\(to), l\(dice.roll(1...3)), one-way]")
    }
    for device in 0..<devices { links.append("[gpu\(device), s\(dice.roll(0...switches - 1)), l3, one-way]") }
    let topology = try node(
      devices,
      "{kind: graph, vertices: [\((0..<switches).map { "s\($0)" }.joined(separator: ", "))], "
        + "links: [\(links.joined(separator: ", "))]}",
      links: "l1: {bandwidth: 1 GB/s, latency: 1 us}, l2: {bandwidth: 2 GB/s, latency: 1 us}, "
        + "l3: {bandwidth: 3 GB/s, latency: 1 us, efficiency: 0.5}")
    var least = Double.infinity
    let half = devices / 2
    for set in 0..<(1 << (devices + switches)) {
      let isSender = { (vertex: Int32) in set >> Int(vertex) & 1 == 1 }
      guard (0..<half).allSatisfy({ isSender(Int32($0)) }), (half..<devices).allSatisfy({ !isSender(Int32($0)) })
      else { continue }
      var cut = 0.0
      for (index, link) in topology.graph.links.enumerated() where isSender(link.from) && !isSender(link.to) {
        cut += topology.graph.payloadBandwidth(ofLink: index).bytesPerSecond
      }
      least = min(least, cut)
    }
    #expect(BisectionBandwidth(topology).bandwidth == BytesPerSecond(least))
  }

  /// The shortest way, over a and b, blocks both of the longer ones until its flow is undone.
  @Test func bisectionUndoesFlow() throws {
    let cables = [
      "gpu0, a", "a, b", "b, gpu2", "a, c0", "c0, c1", "c1, gpu2", "gpu1, d0", "d0, d1", "d1, b",
    ].map { "[\($0), l, one-way]" }
    let back = (0..<4).map { "[gpu\($0), hub, slow]" }
    let topology = try node(
      4,
      "{kind: graph, vertices: [a, b, c0, c1, d0, d1, hub], links: [\((cables + back).joined(separator: ", "))]}",
      links: "l: {bandwidth: 1 GB/s, latency: 1 us}, slow: {bandwidth: 1 B/s, latency: 1 us}")
    #expect(BisectionBandwidth(topology).bandwidth == BytesPerSecond(2e9 + 2))
  }

  @Test func bisectionSaysWhenItIsSkipped() throws {
    let bisection = BisectionBandwidth(try node(8, "{kind: switch, link: l}"), maximumLinks: 15)
    #expect(bisection.bandwidth == nil)
    #expect(bisection.description.contains("not worked out"))
    #expect(bisection.description.contains("16 directed links"))
  }

  @Test func bisectionHonoursScaleUpAndFabric() throws {
    let design = try topology(ClusterRoutingTests.design)
    // 64 ranks each send at 50 GB/s through a fabric without oversubscription.
    #expect(BisectionBandwidth(design).bandwidth == BytesPerSecond(64 * 50e9))
    let one = try topology(
      ClusterRoutingTests.design.replacing("count: 16", with: "count: 1"))
    // Four devices send over NVLink, and four more ways out by the ports to the other four.
    #expect(BisectionBandwidth(one).bandwidth == BytesPerSecond(4 * 500e9))
  }

  @Test func diameters() throws {
    let ring = Diameter(try node(9, "{kind: ring, link: l}"))
    #expect(ring.links == 4)
    #expect(ring.isExact)
    #expect(ring.pairs == 72)
    #expect(abs(ring.latency.seconds - 4e-6) < 1e-12)
    #expect(Diameter(try node(64, "{kind: torus, dimensions: [4, 4, 4], link: l}")).links == 6)
    #expect(Diameter(try node(1, "{kind: none}")).links == 0)
    let tree = try node(64, "{kind: tree, arity: 4, link: l}")
    #expect(Diameter(tree).links == 6)
    let sampled = Diameter(tree, exactRanks: 8, samples: 2000, seed: 3)
    #expect(!sampled.isExact)
    #expect(sampled.links == 6)
    #expect(sampled.description.contains("lower bound, from 2000 seeded samples"))
  }

  @Test func pathsNameTheirLinksAndBottleneck() throws {
    let topology = try topology(ReadingTests.base)
    let report = try #require(PathReport(topology, from: 0, to: 9))
    #expect(report.steps.map(\.from) == ["dgx0/gpu0", "dgx0/switch", "dgx0/gpu1", "leaf1"])
    #expect(report.steps.last?.to == "dgx1/gpu1")
    #expect(report.steps.map(\.tier) == [.scaleUp, .scaleUp, .nic, .nic])
    #expect(report.bottleneck == 2)
    #expect(report.route.messageOverhead == Seconds(1e-6))
    #expect(abs(report.route.latency.seconds - 5e-6) < 1e-12)
    #expect(report.description.contains("dgx0/gpu1 -> leaf1"))
    #expect(report.description.contains("<- bottleneck"))
    #expect(PathReport(topology, from: 0, to: 32) == nil)
    #expect(PathReport(topology, from: 5, to: 5)?.steps.isEmpty == true)
  }

  @Test func countsAddUp() throws {
    let topology = try topology(ReadingTests.base)
    let counts = TopologyCounts(topology)
    #expect(counts.ranks == 32)
    #expect(counts.nodes == 4)
    #expect(counts.vertices == [.device: 32, .switch: 4 + 8 + 2])
    #expect(counts.switchChips == 4 * 4 + 8 + 2)
    #expect(counts.links.map(\.count) == [64, 64, 32])
    #expect(counts.links.map(\.tier) == [.scaleUp, .nic, .fabric])
    #expect(counts.links.reduce(0) { $0 + $1.count } == topology.graph.links.count)
    #expect(counts.description.contains("switch: 14 (26 chips)"))
  }

  @Test func drawingsFitThePage() throws {
    for sample in ShapeRoutingTests.samples {
      for drawing in [
        TopologyDrawing(try node(sample.count, sample.yaml)), TopologyDrawing(try fabric(sample.count, sample.yaml)),
      ] {
        #expect(drawing.lines.allSatisfy { $0.count <= 100 })
        #expect(drawing.description.contains("\(sample.count) ranks"))
      }
    }
    let long = String(repeating: "very ", count: 60) + String(repeating: "x", count: 300)
    let wide = try topology(ReadingTests.base.replacing("name: base", with: "name: base\ndescription: \(long)"))
    #expect(TopologyDrawing(wide).lines.allSatisfy { $0.count <= 100 })
    let drawing = TopologyDrawing(wide).description
    for text in ["spine: 2 switches", "leaf: 8 switches, 4 ports down, 2 up", "8 x chip", "1 switch of 4 chips"] {
      #expect(drawing.contains(text), "\(drawing)")
    }
  }

  @Test func handMadeTopologiesAreDrawnAsCounts() throws {
    var graph = Graph()
    let link = graph.add(LinkClass(name: "l", bandwidth: BytesPerSecond(1e9), latency: .zero))
    let vertices = (0..<2).map { graph.add(Vertex(name: "v\($0)", kind: .device, forwards: false)) }
    graph.connect(vertices[0], vertices[1], linkClass: link, tier: .scaleUp)
    let topology = Topology(
      name: "hand", graph: graph,
      devices: vertices.map { DeviceSlot(vertex: $0, node: 0, local: $0, profile: 0) },
      profiles: [try #require(try stubLibrary.profile(named: "chip"))],
      router: ShortestPathRouter(graph: graph, deviceVertices: vertices))
    #expect(TopologyDrawing(topology).description.contains("directed links"))
  }
}
