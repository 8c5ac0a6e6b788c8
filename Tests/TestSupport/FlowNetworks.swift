import Configuration
import Devices
import FlowJobs
import Quantities
import Topologies

/// Networks for flow jobs: random ones, whose messages have no overhead.
public enum FlowNetworks {
  /// Devices on one switch, every cable of a random bandwidth and of the same latency.
  public static func star(_ count: Int, latency: Double, using generator: inout SeededGenerator) -> Topology {
    var graph = Graph()
    let devices = (0..<count).map { graph.add(Vertex(name: "host\($0)", kind: .device, forwards: false)) }
    let hub = graph.add(Vertex(name: "switch", kind: .switch, forwards: true))
    for device in devices {
      let linkClass = graph.add(randomClass(latency: latency...latency, using: &generator))
      graph.connect(device, hub, linkClass: linkClass, tier: .nic)
    }
    return topology(graph, devices)
  }

  /// A random connected graph of switches with devices hanging off it, every link of a class of its own.
  public static func random(devices count: Int, switches: Int, using generator: inout SeededGenerator) -> Topology {
    var graph = Graph()
    let hubs = (0..<switches).map { graph.add(Vertex(name: "switch\($0)", kind: .switch, forwards: true)) }
    func connect(_ a: Int, _ b: Int, _ tier: LinkTier) {
      for (from, to) in [(a, b), (b, a)] {
        let linkClass = graph.add(randomClass(latency: 0...2e-6, using: &generator))
        graph.addLink(from: from, to: to, linkClass: linkClass, tier: tier)
      }
    }
    for index in hubs.indices.dropFirst() {
      connect(hubs[index], hubs[Int.random(in: 0..<index, using: &generator)], .fabric)
    }
    for _ in 0..<switches {
      let a = Int.random(in: 0..<switches, using: &generator)
      let b = Int.random(in: 0..<switches, using: &generator)
      if a != b { connect(hubs[a], hubs[b], .fabric) }
    }
    let devices = (0..<count).map { index in
      let vertex = graph.add(Vertex(name: "host\(index)", kind: .device, forwards: false))
      connect(vertex, hubs[Int.random(in: 0..<switches, using: &generator)], .nic)
      return vertex
    }
    return topology(graph, devices)
  }

  /// A fat tree of two or three levels with one device a node, read from a topology file as a user would write it.
  public static func fatTree(_ count: Int, using generator: inout SeededGenerator) throws -> Topology {
    let yaml = """
      name: fat tree
      links:
        edge: {bandwidth: \(Int.random(in: 10...100, using: &generator)) GB/s, latency: 700 ns, efficiency: 0.9}
        trunk: {bandwidth: \(Int.random(in: 10...100, using: &generator)) GB/s, latency: 1300 ns}
      nodes: {host: {count: \(count), devices: {type: host, count: 1}, nics: {count: 1, link: edge}}}
      fabric:
        kind: fat-tree
        levels: \(Int.random(in: 2...3, using: &generator))
        ports: \(2 * Int.random(in: 1...2, using: &generator))
        oversubscription: \(Bool.random(using: &generator) ? 1 : 2)
        link: trunk
      routing: {seed: \(Int.random(in: 0...1000, using: &generator))}
      """
    return try Topology(
      document: try Document(yaml: yaml, file: "fat-tree.yaml"), profiles: ProfileLibrary([FlowJob.device]))
  }

  private static func randomClass(
    latency: ClosedRange<Double>, using generator: inout SeededGenerator
  ) -> LinkClass {
    LinkClass(
      name: "wire", bandwidth: BytesPerSecond(Double.random(in: 1e9...1e11, using: &generator)),
      latency: Seconds(Double.random(in: latency, using: &generator)),
      efficiency: Double.random(in: 0.5...1, using: &generator))
  }

  private static func topology(_ graph: Graph, _ devices: [Int]) -> Topology {
    Topology(
      name: "flows", graph: graph,
      devices: devices.enumerated().map { DeviceSlot(vertex: $1, node: $0, local: 0, profile: 0) },
      profiles: [FlowJob.device], router: ShortestPathRouter(graph: graph, deviceVertices: devices))
  }
}
