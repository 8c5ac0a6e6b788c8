import Quantities

/// The way of one message through the cluster: its links in order, and what they add up to.
public struct Route: Hashable, Sendable {
  /// The indices of the links, from the sender to the receiver; empty from a rank to itself.
  public var links: [Int32]
  /// The largest message overhead of the link classes crossed: the sender posts a message once.
  public var messageOverhead: Seconds
  /// The sum of the latencies of the links.
  public var latency: Seconds
  /// The smallest payload bandwidth of the links; infinite for an empty route.
  public var bandwidth: BytesPerSecond

  /// Creates a route from its links.
  ///
  /// - Parameters:
  ///   - links: The indices of the links in order.
  ///   - graph: The graph that they belong to.
  public init(links: [Int32], in graph: Graph) {
    self.links = links
    var overhead = Seconds.zero
    var latency = Seconds.zero
    var bandwidth = BytesPerSecond(.infinity)
    for link in links {
      let linkClass = graph.linkClass(ofLink: Int(link))
      overhead = max(overhead, linkClass.messageOverhead)
      latency += linkClass.latency
      bandwidth = min(bandwidth, linkClass.payloadBandwidth)
    }
    messageOverhead = overhead
    self.latency = latency
    self.bandwidth = bandwidth
  }

  /// The time of a lone message by the alpha-beta model: overhead, latency, and its bytes at the bottleneck's rate.
  public func time(for bytes: Bytes) -> Seconds {
    links.isEmpty ? .zero : messageOverhead + latency + bytes / bandwidth
  }
}
