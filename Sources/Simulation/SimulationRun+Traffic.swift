import Quantities
import Topologies

/// The traffic of all links of one class and tier over a run.
public struct LinkClassTraffic: Hashable, Sendable {
  /// The name of the class.
  public var linkClass: String
  /// Where its links lie.
  public var tier: LinkTier
  /// The number of directed links.
  public var linkCount: Int
  /// The bytes that they carried together; a message counts once for each link of the class that it crosses.
  public var bytes: Bytes
  /// The bytes on the link that carried the most.
  public var busiestBytes: Bytes
  /// The time that the busiest link needs for its bytes at its payload bandwidth.
  public var busiestTime: Seconds
}

/// The link that worked hardest in a run.
public struct BusiestLink: Hashable, Sendable {
  /// The index of the link in the graph.
  public var link: Int
  /// Its ends, as "dgx0/nic3 → leaf3".
  public var name: String
  /// The name of its class.
  public var linkClass: String
  /// The bytes that it carried.
  public var bytes: Bytes
  /// The share of the run for which its bytes would keep it busy at its payload bandwidth, 0 to 1.
  public var utilization: Double
}

extension SimulationRun {
  /// The traffic by link class and tier, for every class that has links, in the order of the topology file.
  public var trafficByClass: [LinkClassTraffic] {
    let graph = topology.graph
    var rows: [LinkClassTraffic] = []
    // Where the row of a class and tier is; a table, as there may be millions of links.
    var places = [Int](repeating: -1, count: graph.linkClasses.count * LinkTier.allCases.count)
    for (index, link) in graph.links.enumerated() {
      let key = Int(link.linkClass) * LinkTier.allCases.count + link.tier.place
      if places[key] < 0 {
        places[key] = rows.count
        rows.append(
          LinkClassTraffic(
            linkClass: graph.linkClasses[Int(link.linkClass)].name, tier: link.tier, linkCount: 0, bytes: .zero,
            busiestBytes: .zero, busiestTime: .zero))
      }
      let row = places[key]
      let bytes = bytesByLink[index]
      rows[row].linkCount += 1
      rows[row].bytes += bytes
      if bytes > rows[row].busiestBytes {
        rows[row].busiestBytes = bytes
        rows[row].busiestTime = bytes / graph.payloadBandwidth(ofLink: index)
      }
    }
    return rows
  }

  /// The link whose bytes need the most time at its payload bandwidth; nil when nothing was sent.
  public var busiestLink: BusiestLink? {
    let graph = topology.graph
    var best: (link: Int, time: Seconds)?
    for (link, bytes) in bytesByLink.enumerated() where bytes > .zero {
      let time = bytes / graph.payloadBandwidth(ofLink: link)
      if best.map({ time > $0.time }) ?? true { best = (link, time) }
    }
    guard let best else { return nil }
    let link = graph.links[best.link]
    return BusiestLink(
      link: best.link,
      name: "\(graph.vertices[Int(link.from)].name) → \(graph.vertices[Int(link.to)].name)",
      linkClass: graph.linkClass(ofLink: best.link).name, bytes: bytesByLink[best.link],
      utilization: best.time / makespan)
  }
}

extension LinkTier {
  /// Its place among all tiers.
  fileprivate var place: Int {
    switch self {
    case .scaleUp: 0
    case .host: 1
    case .nic: 2
    case .fabric: 3
    }
  }
}
