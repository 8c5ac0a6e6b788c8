import Quantities
import Topologies

/// The counts and figures of a topology as JSON, in base units.
public struct TopologyDocument: Encodable, Sendable {
  struct Links: Encodable, Sendable {
    var linkClass: String
    var tier: String
    var count: Int
    var bytesPerSecond: Double
    var latencySeconds: Double
  }

  let name: String
  let description: String
  let sha256: String
  let ranks: Int
  let nodes: Int
  let devices: [String: Int]
  let vertices: [String: Int]
  let links: [Links]
  let bisectionBytesPerSecond: Double?
  let diameterLinks: Int
  let diameterLatencySeconds: Double
  let diameterIsExact: Bool

  /// Describes a topology.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - sha256: The hash of its resolved text.
  public init(_ topology: Topology, sha256: String) {
    let counts = TopologyCounts(topology)
    let diameter = Diameter(topology)
    name = topology.name
    description = topology.summary
    self.sha256 = sha256
    ranks = counts.ranks
    nodes = counts.nodes
    devices = Dictionary(counts.devices.map { ($0.profile, $0.count) }, uniquingKeysWith: +)
    vertices = Dictionary(counts.vertices.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +)
    links = counts.links.map {
      Links(
        linkClass: $0.linkClass, tier: $0.tier.rawValue, count: $0.count, bytesPerSecond: $0.bandwidth.bytesPerSecond,
        latencySeconds: $0.latency.seconds)
    }
    bisectionBytesPerSecond = BisectionBandwidth(topology).bandwidth?.bytesPerSecond
    diameterLinks = diameter.links
    diameterLatencySeconds = diameter.latency.seconds
    diameterIsExact = diameter.isExact
  }
}
