import Configuration
import Quantities
import Testing
import Topologies

/// What is wrong in a file is told with its place and what would be right.
@Suite struct ReadingTests {
  /// A base text, a change to it, and what the error must say.
  struct Mistake: CustomTestStringConvertible {
    var from: String
    var to: String
    var says: [String]
    var testDescription: String { "\(from) -> \(to)" }
  }

  static let base = """
    name: base
    links:
      up: {bandwidth: 450 GB/s, latency: 500 ns}
      net: {bandwidth: 400 Gb/s, latency: 2 us, message-overhead: 1 us, efficiency: 0.9}
    nodes:
      dgx: {count: 4, devices: {type: chip, count: 8}, scale-up: {kind: switch, link: up, planes: 4},
            nics: {count: 8, link: net, affinity: rail}}
    fabric: {kind: fat-tree, levels: 2, ports: 4, rails: 8, link: net, oversubscription: 2}
    routing: {seed: 1, cross-rail: scale-up}
    """

  static let mistakes: [Mistake] = [
    Mistake(from: "routing:", to: "rooting:", says: ["test.yaml:9:1:", "unknown key 'rooting'", "'routing'"]),
    Mistake(from: "450 GB/s", to: "450", says: ["test.yaml:3:19:", "links.up.bandwidth", "unit"]),
    Mistake(from: "450 GB/s", to: "-1 GB/s", says: ["links.up.bandwidth"]),
    Mistake(from: "450 GB/s", to: "1e300 GB/s", says: ["links.up.bandwidth"]),
    Mistake(from: "500 ns", to: "2 s", says: ["links.up.latency"]),
    Mistake(from: "latency: 500 ns", to: "latenzy: 500 ns", says: ["unknown key 'latenzy'", "'latency'"]),
    Mistake(from: ", latency: 500 ns", to: "", says: ["links.up", "no key 'latency'"]),
    Mistake(from: "efficiency: 0.9", to: "efficiency: 1.1", says: ["test.yaml:4:", "links.net.efficiency", "1.1"]),
    Mistake(from: "efficiency: 0.9", to: "efficiency: 0", says: ["links.net.efficiency"]),
    Mistake(from: "message-overhead: 1 us", to: "message-overhead: 1 h", says: ["links.net.message-overhead"]),
    Mistake(from: "up: {band", to: "net: {band", says: ["stands twice"]),
    Mistake(from: "type: chip", to: "type: chap", says: ["nodes.dgx.devices.type", "no device 'chap'", "'chip'"]),
    Mistake(from: "kind: switch, link: up", to: "kind: switch, link: upp", says: ["nodes.dgx.scale-up.link", "'up'"]),
    Mistake(from: "kind: switch", to: "kind: swich", says: ["nodes.dgx.scale-up.kind", "scale-up kind", "'switch'"]),
    Mistake(from: "planes: 4", to: "planes: 0", says: ["nodes.dgx.scale-up.planes", "from 1"]),
    Mistake(from: "planes: 4", to: "arity: 4", says: ["unknown key 'arity'"]),
    Mistake(from: "kind: switch, link: up, planes: 4", to: "kind: none", says: ["no scale-up links"]),
    Mistake(from: "nics: {count: 8", to: "nics: {count: 4", says: ["nodes.dgx.nics", "attach"]),
    Mistake(from: "nics: {count: 8", to: "nics: {count: 9, attach: up", says: ["9 NICs for 8 devices"]),
    Mistake(from: "affinity: rail", to: "affinity: shared", says: ["nodes.dgx.nics.affinity", "attach"]),
    Mistake(from: "affinity: rail", to: "affinity: rial", says: ["did you mean 'rail'"]),
    Mistake(from: "count: 4,", to: "count: 0,", says: ["nodes.dgx.count"]),
    Mistake(from: "count: 4,", to: "count: 1000000000,", says: ["nodes.dgx.count", "2097152"]),
    Mistake(from: "count: 4,", to: "count: 2000000,", says: ["16000000 devices", "2097152"]),
    Mistake(from: "dgx:", to: "dg/x:", says: ["found the name 'dg/x'"]),
    Mistake(from: "fabric: {kind: fat-tree", to: "fabric: {kind: flat-tree", says: ["fabric.kind", "'fat-tree'"]),
    Mistake(
      from: "fabric: {kind: fat-tree, levels: 2, ports: 4, rails: 8, link: net, oversubscription: 2}",
      to: "fabric: {kind: none}", says: ["4 nodes that nothing joins"]),
    Mistake(
      from: "oversubscription: 2", to: "oversubscription: 3", says: ["fabric.oversubscription", "1.333 uplinks"]),
    Mistake(
      from: "oversubscription: 2", to: "oversubscription: [2, 2]", says: ["fabric.oversubscription", "2 values"]),
    Mistake(from: "levels: 2, ports: 4,", to: "levels: 1,", says: ["nothing would join"]),
    Mistake(from: "levels: 2", to: "levels: 9", says: ["fabric.levels"]),
    Mistake(from: "rails: 8,", to: "", says: ["routing.cross-rail", "rails"]),
    Mistake(from: "link: net, over", to: "link: net, links: [net, net], over", says: ["both 'link' and 'links'"]),
    Mistake(from: "link: net, over", to: "links: [net], over", says: ["fabric.links", "1 links, expected 2"]),
    Mistake(from: "link: net, over", to: "links: [net, nett], over", says: ["fabric.links[1]", "'net'"]),
    Mistake(from: "cross-rail: scale-up", to: "cross-rail: scaleup", says: ["routing.cross-rail", "'scale-up'"]),
    Mistake(from: "seed: 1", to: "seed: -1", says: ["routing.seed"]),
    Mistake(from: "name: base", to: "title: base", says: ["unknown key 'title'"]),
    Mistake(
      from: "rails: 8, link: net, oversubscription: 2}", to: "rails: 8, link: net, rail-only: true}",
      says: ["read without error"]),
    Mistake(
      from: "fabric: {kind: fat-tree, levels: 2, ports: 4, rails: 8, link: net, oversubscription: 2}",
      to: "fabric: {kind: ring, link: net}", says: ["cross-rail"]),
  ]

  @Test(arguments: mistakes) func tells(_ mistake: Mistake) {
    #expect(Self.base.contains(mistake.from))
    let message = failure(Self.base.replacing(mistake.from, with: mistake.to, maxReplacements: 1))
    #expect(mistake.says.first == "read without error" || message != "read without error")
    for text in mistake.says { #expect(message.contains(text), "\(message)") }
    if message != "read without error" { #expect(message.hasPrefix("test.yaml:"), "\(message)") }
  }

  @Test func theBaseIsRight() { #expect(failure(Self.base) == "read without error") }

  /// A shape inside a node and what the error must say.
  static let shapes: [(shape: String, says: String)] = [
    ("{kind: torus, dimensions: [2, 2], link: l}", "hold 4 places, expected 6"),
    ("{kind: torus, dimensions: [], link: l}", "0 dimensions"),
    ("{kind: torus, link: l}", "no key 'dimensions'"),
    ("{kind: torus, dimensions: [999999999, 999999999], link: l}", "dimensions[0]"),
    ("{kind: tree, arity: 1, link: l}", "arity"),
    ("{kind: tree, arity: 2, links: [l, l]}", "found 2 links, expected 3"),
    ("{kind: dragonfly, groups: 1, routers: 2, hosts: 2, link: l}", "places for 4 devices, expected at least 6"),
    ("{kind: dragonfly, groups: 2000000, routers: 2000000, hosts: 2, link: l}", "expected at most 33554432"),
    ("{kind: pcie-tree, host-bridges: 2, link: l}", "no key 'inter-socket'"),
    ("{kind: pcie-tree, host-bridges: 5, inter-socket: l, link: l}", "leaves one empty"),
    ("{kind: fat-tree, rails: 2, link: l}", "rails inside a node"),
    ("{kind: fat-tree, rail-only: true, link: l}", "rail-only without rails"),
    ("{kind: fat-tree, levels: 8, ports: 2000000, link: l}", "expected at most 33554432"),
    ("{kind: graph, links: [[gpu0, gpu1, l]]}", "'gpu0' can't reach 'gpu2'"),
    ("{kind: graph, links: [[gpu0, gpu9, l]]}", "no vertex 'gpu9'; did you mean 'gpu0'"),
    ("{kind: graph, links: [[gpu0, gpu0, l]]}", "to itself"),
    ("{kind: graph, links: [[gpu0, gpu1]]}", "found 2 values"),
    ("{kind: graph, links: [[gpu0, gpu1, l, oneway]]}", "did you mean 'one-way'"),
    ("{kind: graph, vertices: [gpu0], links: []}", "found the name 'gpu0' twice"),
    ("{kind: graph, vertices: [a/b], links: []}", "without '/'"),
    ("{kind: none}", "nothing joins"),
  ]

  @Test(arguments: shapes.indices) func tellsOfShapes(_ index: Int) {
    let (shape, says) = Self.shapes[index]
    let message = failure(
      """
      name: node
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes: {n: {devices: {type: chip, count: 6}, scale-up: \(shape)}}
      """)
    #expect(message.contains(says), "\(message)")
  }

  @Test func inlineProfilesComeFirst() throws {
    let topology = try topology(
      """
      name: inline
      devices: {chip: {memory: {capacity: 1 GB, bandwidth: 1 GB/s}, peak: {bf16: 1 TFLOP/s}}}
      nodes: {n: {devices: {type: chip, count: 1}}}
      """)
    #expect(topology.profile(ofRank: 0).memory == Bytes(1_000_000_000))
  }

  @Test func linkClassesKeepWhatTheFileSays() throws {
    let graph = try topology(Self.base).graph
    #expect(graph.linkClasses.map(\.name) == ["up", "net"])
    #expect(graph.linkClasses[0].messageOverhead == .zero)
    #expect(graph.linkClasses[0].efficiency == 1)
    #expect(graph.linkClasses[0].provenance == .assumed)
    #expect(graph.linkClasses[1].messageOverhead == Seconds(1e-6))
    #expect(graph.linkClasses[1].payloadBandwidth == BytesPerSecond(45e9))
  }

  @Test func oneNodeNeedsNoFabric() throws {
    let topology = try node(1, "{kind: none}")
    #expect(topology.deviceCount == 1)
    #expect(topology.graph.links.isEmpty)
  }

  @Test func devicesWithoutScaleUpUseTheFabric() throws {
    let topology = try topology(
      """
      name: torus
      links: {l: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes: {host: {count: 4, devices: {type: chip, count: 2, name: tpu}}}
      fabric: {kind: torus, dimensions: [2, 4], link: l}
      """)
    topology.checkRoutes("torus of devices")
    #expect(topology.graph.vertices[3].name == "host1/tpu1")
    #expect(topology.ranksByNode(first: 8).map(\.count) == [2, 2, 2, 2])
  }
}
