import Quantities

/// The rate at which the first half of the ranks can send to the second half, all at once.
///
/// It is the largest flow from the first `ranks / 2` devices in rank order to the others, with every directed link, of
/// scale-up and fabric alike, carrying at most its payload bandwidth. It is the bisection of this one cut, not the
/// least over all cuts, and an upper bound for any routing: fixed routes that collide reach less.
public struct BisectionBandwidth: Hashable, Sendable, CustomStringConvertible {
  /// The rate in one direction; nil when the topology was too large to ask.
  public let bandwidth: BytesPerSecond?
  /// The ranks of the first half.
  public let senders: Int
  /// The ranks of the second half.
  public let receivers: Int
  /// The directed links of the topology.
  public let links: Int

  /// Finds the flow.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - maximumLinks: The most directed links for which it is worth the time.
  public init(_ topology: Topology, maximumLinks: Int = 200_000) {
    let graph = topology.graph
    senders = topology.deviceCount / 2
    receivers = topology.deviceCount - senders
    links = graph.links.count
    guard links <= maximumLinks else {
      bandwidth = nil
      return
    }
    let source = graph.vertices.count
    let sink = source + 1
    var flow = MaximumFlow(vertexCount: sink + 1)
    for (index, link) in graph.links.enumerated() {
      // Whole bytes a second: integers make the flow exact, and no link is so slow that rounding shows.
      let rate = graph.payloadBandwidth(ofLink: index).bytesPerSecond.rounded()
      flow.addArc(from: Int(link.from), to: Int(link.to), capacity: Int64(min(rate, 4e18)))
    }
    for (rank, device) in topology.devices.enumerated() {
      if rank < senders {
        flow.addArc(from: source, to: device.vertex, capacity: .max)
      } else {
        flow.addArc(from: device.vertex, to: sink, capacity: .max)
      }
    }
    bandwidth = BytesPerSecond(senders == 0 ? 0 : flow.run(from: source, to: sink))
  }

  /// One line for a person.
  public var description: String {
    guard let bandwidth else {
      return "bisection bandwidth: not worked out, the topology has \(links) directed links"
    }
    return "bisection bandwidth: \(bandwidth) from the first \(senders) ranks to the other \(receivers) (maximum flow)"
  }
}
