import Devices
import Quantities
import Topologies

/// Clusters built by hand for tests.
enum Clusters {
  static let device = DeviceProfile(
    name: "unit", title: "unit device", memory: Bytes(80_000_000_000), memoryBandwidth: BytesPerSecond(3.35e12),
    memoryEfficiency: 0.9, peak: [.fp32: FLOPsPerSecond(67e12), .bf16: FLOPsPerSecond(989e12)],
    launchOverhead: Seconds(3e-6))

  static let fast = LinkClass(
    name: "fast", bandwidth: BytesPerSecond(450e9), latency: Seconds(500e-9), messageOverhead: Seconds(300e-9),
    efficiency: 0.8)

  static let slow = LinkClass(
    name: "slow", bandwidth: BytesPerSecond(50e9), latency: Seconds(1e-6), messageOverhead: Seconds(1e-6),
    efficiency: 0.9)

  /// Devices with a wire of their own between each two.
  static func mesh(_ count: Int, nodeSize: Int? = nil) -> Topology {
    var graph = Graph()
    let wire = graph.add(fast)
    let devices = addDevices(count, to: &graph)
    for a in 0..<count {
      for b in a + 1..<max(count, a + 1) { graph.connect(devices[a], devices[b], linkClass: wire, tier: .scaleUp) }
    }
    return topology("mesh-\(count)", graph, devices, nodes: (0..<count).map { $0 / (nodeSize ?? count) })
  }

  /// Devices on one switch.
  static func star(_ count: Int) -> Topology {
    cluster([count], railed: false)
  }

  /// Nodes of devices on a switch, each device with a port of its own: to the leaf of its rail, or of its node; leaves
  /// meet in spines.
  ///
  /// - Parameters:
  ///   - sizes: The devices of each node.
  ///   - railed: Whether leaves belong to rails rather than to nodes.
  ///   - spines: How many spines there are, with one link from each leaf: fewer than its ports is oversubscribed.
  static func cluster(_ sizes: [Int], railed: Bool, spines: Int = 8) -> Topology {
    var graph = Graph()
    let inner = graph.add(fast)
    let outer = graph.add(slow)
    let largest = sizes.max() ?? 0
    let devices = addDevices(sizes.reduce(0, +), to: &graph)
    var nodes: [Int] = []
    if sizes.count > 1 {
      let leaves = (0..<(railed ? largest : sizes.count)).map { hub("leaf\($0)", &graph) }
      for spine in 0..<spines {
        let top = hub("spine\(spine)", &graph)
        for leaf in leaves { graph.connect(leaf, top, linkClass: outer, tier: .fabric) }
      }
      var next = 0
      for (node, size) in sizes.enumerated() {
        for local in 0..<size {
          graph.connect(devices[next + local], leaves[railed ? local : node], linkClass: outer, tier: .nic)
        }
        next += size
      }
    }
    var next = 0
    for (node, size) in sizes.enumerated() {
      let inside = hub("switch\(node)", &graph)
      for local in 0..<size {
        graph.connect(devices[next + local], inside, linkClass: inner, tier: .scaleUp)
        nodes.append(node)
      }
      next += size
    }
    return topology(
      "\(railed ? "railed" : "leafed")-\(sizes.count)x\(largest)-\(spines)", graph, devices, nodes: nodes)
  }

  /// A torus of two dimensions whose devices pass messages on, each a node of its own.
  static func torus(_ rows: Int, _ columns: Int) -> Topology {
    var graph = Graph()
    let wire = graph.add(slow)
    let devices = addDevices(rows * columns, to: &graph, forwards: true)
    for row in 0..<rows {
      for column in 0..<columns {
        let here = devices[row * columns + column]
        graph.connect(here, devices[row * columns + (column + 1) % columns], linkClass: wire, tier: .nic)
        graph.connect(here, devices[(row + 1) % rows * columns + column], linkClass: wire, tier: .nic)
      }
    }
    return topology("torus-\(rows)x\(columns)", graph, devices, nodes: Array(devices.indices))
  }

  private static func hub(_ name: String, _ graph: inout Graph) -> Int {
    graph.add(Vertex(name: name, kind: .switch, forwards: true))
  }

  private static func addDevices(_ count: Int, to graph: inout Graph, forwards: Bool = false) -> [Int] {
    (0..<count).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: forwards)) }
  }

  private static func topology(_ name: String, _ graph: Graph, _ devices: [Int], nodes: [Int]) -> Topology {
    var locals: [Int: Int] = [:]
    let slots = zip(devices, nodes).map { vertex, node in
      defer { locals[node, default: 0] += 1 }
      return DeviceSlot(vertex: vertex, node: node, local: locals[node, default: 0], profile: 0)
    }
    return Topology(
      name: name, graph: graph, devices: slots, profiles: [device],
      router: ShortestPathRouter(graph: graph, deviceVertices: devices))
  }
}
