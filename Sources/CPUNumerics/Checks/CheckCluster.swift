import Devices
import Quantities
import Topologies

/// A cluster for checks in which only the order of things matters: devices on one switch, with round figures.
enum CheckCluster {
  static func star(_ count: Int) -> Topology {
    var graph = Graph()
    let wire = graph.add(
      LinkClass(
        name: "wire", bandwidth: BytesPerSecond(100e9), latency: Seconds(5e-7), messageOverhead: Seconds(1e-6),
        provenance: .assumed))
    let devices = (0..<count).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    let hub = graph.add(Vertex(name: "switch", kind: .switch, forwards: true))
    for device in devices { graph.connect(device, hub, linkClass: wire, tier: .scaleUp) }
    return Topology(
      name: "check", graph: graph,
      devices: devices.enumerated().map { DeviceSlot(vertex: $1, node: 0, local: $0, profile: 0) },
      profiles: [
        DeviceProfile(
          name: "unit", title: "unit device", memory: Bytes(1_000_000_000_000), memoryBandwidth: BytesPerSecond(1e12),
          peak: [.bf16: FLOPsPerSecond(1e15)], launchOverhead: Seconds(3e-6))
      ], router: ShortestPathRouter(graph: graph, deviceVertices: devices))
  }
}
