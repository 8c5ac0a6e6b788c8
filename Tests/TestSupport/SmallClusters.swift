import Devices
import Programs
import Quantities
import Topologies

/// Small clusters and programs, built by hand for tests.
public enum SmallClusters {
  /// A device with round figures.
  public static let device = DeviceProfile(
    name: "unit", title: "unit device", memory: Bytes(1_000_000_000), memoryBandwidth: BytesPerSecond(1e12),
    peak: [.bf16: FLOPsPerSecond(1e15)], launchOverhead: Seconds(3e-6))

  /// A wire with round figures.
  public static let linkClass = LinkClass(
    name: "wire", bandwidth: BytesPerSecond(100e9), latency: Seconds(500e-9), messageOverhead: Seconds(1e-6))

  /// Devices on one switch: every message crosses two links.
  public static func star(_ count: Int, linkClass: LinkClass = linkClass) -> Topology {
    var graph = Graph()
    let wire = graph.add(linkClass)
    let devices = (0..<count).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    let hub = graph.add(Vertex(name: "switch", kind: .switch, forwards: true))
    for device in devices { graph.connect(device, hub, linkClass: wire, tier: .scaleUp) }
    return topology(graph, devices)
  }

  /// Devices with a wire of their own between each two.
  public static func mesh(_ count: Int, linkClass: LinkClass = linkClass) -> Topology {
    var graph = Graph()
    let wire = graph.add(linkClass)
    let devices = (0..<count).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    for a in 0..<count {
      for b in a + 1..<max(count, a + 1) { graph.connect(devices[a], devices[b], linkClass: wire, tier: .scaleUp) }
    }
    return topology(graph, devices)
  }

  /// A topology of a graph whose devices sit in one node.
  public static func topology(_ graph: Graph, _ devices: [Int]) -> Topology {
    Topology(
      name: "small", graph: graph,
      devices: devices.enumerated().map { DeviceSlot(vertex: $1, node: 0, local: $0, profile: 0) },
      profiles: [device], router: ShortestPathRouter(graph: graph, deviceVertices: devices))
  }

  /// A random connected graph of switches with devices hanging off it, every link of a random class.
  public static func random(devices count: Int, switches: Int, using generator: inout SeededGenerator) -> Topology {
    var graph = Graph()
    let classes = (0..<5).map { index in
      graph.add(
        LinkClass(
          name: "class\(index)", bandwidth: BytesPerSecond(Double.random(in: 1e9...1e11, using: &generator)),
          latency: Seconds(Double.random(in: 0...2e-6, using: &generator)),
          messageOverhead: Seconds(Double.random(in: 0...2e-6, using: &generator)),
          efficiency: Double.random(in: 0.5...1, using: &generator)))
    }
    let hubs = (0..<switches).map { graph.add(Vertex(name: "switch\($0)", kind: .switch, forwards: true)) }
    for index in hubs.indices.dropFirst() {
      let other = hubs[Int.random(in: 0..<index, using: &generator)]
      graph.connect(hubs[index], other, linkClass: classes.randomElement(using: &generator) ?? 0, tier: .fabric)
    }
    for _ in 0..<switches {
      let a = Int.random(in: 0..<switches, using: &generator)
      let b = Int.random(in: 0..<switches, using: &generator)
      if a != b {
        graph.connect(hubs[a], hubs[b], linkClass: classes.randomElement(using: &generator) ?? 0, tier: .fabric)
      }
    }
    let devices = (0..<count).map { index in
      let vertex = graph.add(Vertex(name: "gpu\(index)", kind: .device, forwards: false))
      let hub = hubs[Int.random(in: 0..<switches, using: &generator)]
      graph.connect(vertex, hub, linkClass: classes.randomElement(using: &generator) ?? 0, tier: .nic)
      return vertex
    }
    return topology(graph, devices)
  }

  /// A kernel that takes exactly so many bytes of memory traffic.
  public static func streaming(bytes: Int64, launched: Bool = false) -> Kernel {
    Kernel(action: .copy, flops: .zero, bytes: Bytes(bytes), type: .bf16, launched: launched)
  }
}
