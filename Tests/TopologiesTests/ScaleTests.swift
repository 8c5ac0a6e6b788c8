import Quantities
import Testing
import Topologies

/// Large clusters are built and routed without tables over pairs of ranks.
@Suite struct ScaleTests {
  static let large = """
    name: large
    links:
      up: {bandwidth: 450 GB/s, latency: 500 ns}
      net: {bandwidth: 400 Gb/s, latency: 2 us}
    nodes:
      dgx: {count: 16384, devices: {type: chip, count: 8}, scale-up: {kind: switch, link: up},
            nics: {count: 8, link: net}}
    fabric: {kind: fat-tree, levels: 3, ports: 32, rails: 8, link: net}
    """

  @Test func routesAmongAHundredThousandRanks() throws {
    let topology = try topology(Self.large)
    #expect(topology.deviceCount == 131_072)
    // 4096 leaves in 128 pods of 32 spines, and 32 x 32 cores; every switch below the top has 32 ports up.
    #expect(topology.count(.switch) == 16_384 + 4096 + 4096 + 1024)
    var dice = Dice(8)
    for _ in 0..<20_000 {
      let (source, destination) = (dice.roll(0...131_071), dice.roll(0...131_071))
      guard source != destination else { continue }
      let route = try #require(topology.route(from: source, to: destination))
      #expect(topology.fault(route.links, from: source, to: destination) == nil)
      #expect(route.links.count <= 6)
    }
    let diameter = Diameter(topology, samples: 4096)
    #expect(!diameter.isExact)
    #expect(diameter.links == 6)
    #expect(BisectionBandwidth(topology).bandwidth == nil)
  }
}
