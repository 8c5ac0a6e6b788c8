import Devices
import Quantities
import Topologies

extension FlowJob {
  /// The job's network as a topology whose messages take the job's routes.
  public func topology() -> Topology {
    var graph = Graph()
    graph.reserve(vertices: vertexCount, links: links.count)
    let hostVertices = Set(hosts)
    for vertex in 0..<vertexCount {
      let isHost = hostVertices.contains(vertex)
      _ = graph.add(
        Vertex(name: "v\(vertex)", kind: isHost ? .device : .switch, forwards: !isHost))
    }
    var classes: [[Double]: Int] = [:]
    for link in links {
      let figures = [link.bandwidth, link.latency]
      let linkClass: Int
      if let known = classes[figures] {
        linkClass = known
      } else {
        linkClass = graph.add(
          LinkClass(
            name: "class\(classes.count)", bandwidth: BytesPerSecond(link.bandwidth), latency: Seconds(link.latency)))
        classes[figures] = linkClass
      }
      graph.addLink(from: link.from, to: link.to, linkClass: linkClass, tier: .fabric)
    }
    return Topology(
      name: "job", graph: graph,
      devices: hosts.enumerated().map { DeviceSlot(vertex: $1, node: $0, local: 0, profile: 0) },
      profiles: [Self.device], router: ListedRoutes(routes))
  }

  /// The device of every host: one operation a second, so that a delay is a kernel of as many operations as seconds.
  public static let device = DeviceProfile(
    name: "host", title: "host of a flow job", memory: Bytes(1), memoryBandwidth: BytesPerSecond(1),
    peak: [.fp32: FLOPsPerSecond(1)])
}
