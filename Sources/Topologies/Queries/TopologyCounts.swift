import Quantities

/// How much of everything a topology has.
public struct TopologyCounts: Hashable, Sendable, CustomStringConvertible {
  /// The directed links of one class in one tier.
  public struct LinkCount: Hashable, Sendable {
    /// The name of the class.
    public let linkClass: String
    /// Where in the cluster the links lie.
    public let tier: LinkTier
    /// The number of directed links; a full-duplex cable is two.
    public let count: Int
    /// The nominal rate of one link.
    public let bandwidth: BytesPerSecond
    /// The latency of one link.
    public let latency: Seconds
  }

  /// The devices of one profile.
  public struct DeviceCount: Hashable, Sendable {
    /// The name of the profile.
    public let profile: String
    /// The number of devices.
    public let count: Int
  }

  /// The number of ranks.
  public let ranks: Int
  /// The number of nodes.
  public let nodes: Int
  /// The devices by profile, in the order in which profiles are first used.
  public let devices: [DeviceCount]
  /// The vertices by kind.
  public let vertices: [Vertex.Kind: Int]
  /// The switch chips: the switch vertices, each counted as often as its `planes` say.
  public let switchChips: Int
  /// The links by class and tier, in the order of the file; classes without links are left out.
  public let links: [LinkCount]

  /// Counts a topology.
  ///
  /// - Complexity: O(vertices + links).
  public init(_ topology: Topology) {
    let graph = topology.graph
    ranks = topology.deviceCount
    nodes = topology.nodeCount
    var perProfile = [Int](repeating: 0, count: topology.profiles.count)
    for device in topology.devices { perProfile[device.profile] += 1 }
    devices = zip(topology.profiles, perProfile).map { DeviceCount(profile: $0.name, count: $1) }
    var kinds: [Vertex.Kind: Int] = [:]
    for vertex in graph.vertices { kinds[vertex.kind, default: 0] += 1 }
    vertices = kinds
    let layout = topology.layout
    let extra = (layout?.groups ?? []).reduce(layout?.extraFabricChips ?? 0) {
      $0 + $1.nodeCount * $1.extraSwitchChips
    }
    switchChips = (kinds[.switch] ?? 0) + extra
    let tiers = LinkTier.allCases
    var perClass = [Int](repeating: 0, count: graph.linkClasses.count * tiers.count)
    for link in graph.links {
      perClass[Int(link.linkClass) * tiers.count + (tiers.firstIndex(of: link.tier) ?? 0)] += 1
    }
    links = perClass.indices.filter { perClass[$0] > 0 }.map { index in
      let linkClass = graph.linkClasses[index / tiers.count]
      return LinkCount(
        linkClass: linkClass.name, tier: tiers[index % tiers.count], count: perClass[index],
        bandwidth: linkClass.bandwidth, latency: linkClass.latency)
    }
  }

  /// A few lines for a person.
  public var description: String {
    var lines = ["\(ranks) ranks on \(nodes) node\(nodes == 1 ? "" : "s")"]
    for device in devices { lines.append("  \(device.profile): \(device.count)") }
    lines.append("vertices:")
    for kind in Vertex.Kind.allCases {
      guard let count = vertices[kind] else { continue }
      let chips = kind == .switch && switchChips != count ? " (\(switchChips) chips)" : ""
      lines.append("  \(kind.rawValue): \(count)\(chips)")
    }
    lines.append("directed links:")
    for link in links {
      lines.append("  \(link.linkClass) (\(link.tier.rawValue)): \(link.count) x \(link.bandwidth), \(link.latency)")
    }
    return lines.joined(separator: "\n")
  }
}
