import Quantities

/// Builds the graph and router of a checked description.
///
/// Vertices and links come node by node in rank order, in a node the devices, the NICs, the host bridge, the scale-up
/// shape and the host links; then the fabric. ``ClusterRouter`` relies on that order.
struct ClusterBuilder {
  private let description: ClusterDescription
  private var graph = Graph()
  private var devices: [DeviceSlot] = []
  private var endpoints: [Int] = []
  private var endpointClasses: [Int] = []
  private var blocks: [ClusterRouter.Block] = []
  private var nodeCount = 0

  init(_ description: ClusterDescription) {
    self.description = description
  }

  /// Builds the topology.
  mutating func build() -> Topology {
    let groups = description.groups
    for linkClass in description.links.classes { _ = graph.add(linkClass) }
    graph.reserve(
      vertices: groups.reduce(description.fabric?.vertexCount ?? 0) { $0 + $1.nodeCount * $1.verticesPerNode },
      links: groups.reduce(description.fabric?.linkCount ?? 0) { $0 + $1.nodeCount * $1.linksPerNode })
    devices.reserveCapacity(groups.reduce(0) { $0 + $1.nodeCount * $1.deviceCount })
    for group in groups { add(group) }

    let fabricFirstLink = graph.links.count
    if let fabric = description.fabric {
      // A class of -1 stands for the fabric's own; shapes ask per endpoint only where some group names another.
      let isUniform = endpointClasses.allSatisfy { $0 < 0 }
      let site = ShapeSite(
        endpoints: endpoints, endpointClasses: isUniform ? nil : endpointClasses, prefix: "", edgeTier: .nic,
        coreTier: .fabric)
      fabric.build(in: &graph, at: site)
    }
    let router = ClusterRouter(
      blocks: blocks, fabric: description.fabric, fabricFirstLink: fabricFirstLink,
      railCount: description.fabric?.railCount ?? 1, relaysAcrossRails: description.relaysAcrossRails)
    return Topology(
      name: description.name, summary: description.summary, graph: graph, devices: devices,
      profiles: description.profiles, router: router, routingSeed: description.seed,
      layout: ClusterLayout(description))
  }

  private mutating func add(_ group: NodeGroup) {
    let attachment: ClusterRouter.Block.Attachment =
      switch group.attachment {
      case .own: .own
      case .rail: .rail
      case .shared: .shared
      }
    blocks.append(
      ClusterRouter.Block(
        firstRank: devices.count, deviceCount: group.deviceCount, portCount: group.portCount,
        firstEndpoint: endpoints.count, firstLink: graph.links.count, linksPerNode: group.linksPerNode,
        scaleUpLinks: group.scaleUp?.linkCount ?? 0, attachment: attachment, scaleUp: group.scaleUp))
    for index in 0..<group.nodeCount { addNode(group, named: group.nodeName(index)) }
  }

  private mutating func addNode(_ group: NodeGroup, named name: String) {
    let forwards =
      group.scaleUp?.endpointsForward == true
      || (!group.hasNICs && description.fabric?.endpointsForward == true)
    let firstDevice = graph.vertices.count
    for local in 0..<group.deviceCount {
      let vertex = graph.add(Vertex(name: "\(name)/\(group.deviceName)\(local)", kind: .device, forwards: forwards))
      devices.append(DeviceSlot(vertex: vertex, node: nodeCount, local: local, profile: group.profile))
    }
    let firstPort = group.hasNICs ? graph.vertices.count : firstDevice
    if group.hasNICs {
      for nic in 0..<group.portCount {
        _ = graph.add(Vertex(name: "\(name)/nic\(nic)", kind: .nic, forwards: true))
      }
    }
    for port in 0..<group.portCount {
      endpoints.append(firstPort + port)
      endpointClasses.append(group.portClass ?? -1)
    }
    let bridge = graph.vertices.count
    if case .shared = group.attachment {
      _ = graph.add(Vertex(name: "\(name)/host", kind: .bridge, forwards: true))
    }
    group.scaleUp?.build(
      in: &graph,
      at: ShapeSite(
        endpoints: Array(firstDevice..<firstDevice + group.deviceCount), endpointClasses: nil, prefix: name + "/",
        edgeTier: .scaleUp, coreTier: .scaleUp))
    switch group.attachment {
    case .own: break
    case .rail(let linkClass):
      for local in 0..<group.deviceCount {
        let nic = firstPort + local * group.portCount / group.deviceCount
        graph.connect(firstDevice + local, nic, linkClass: linkClass, tier: .host)
      }
    case .shared(let linkClass):
      for local in 0..<group.deviceCount {
        graph.connect(firstDevice + local, bridge, linkClass: linkClass, tier: .host)
      }
      for nic in 0..<group.portCount {
        graph.connect(firstPort + nic, bridge, linkClass: linkClass, tier: .host)
      }
    }
    nodeCount += 1
  }
}
