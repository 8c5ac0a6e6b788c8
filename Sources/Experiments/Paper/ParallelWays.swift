/// Ways that bytes could take at the same time, of which the published code takes one.
public struct ParallelWays: Hashable, Sendable {
  /// The link classes that they are of.
  public var links: [String]
  /// How many there are.
  public var count: Int
  /// How that is known.
  public var source: String

  /// The cluster with so many times the bandwidth on those links: what as many rings at once could reach at best.
  func widened(_ topology: ResolvedTopology) throws -> ResolvedTopology {
    let classes = topology.topology.graph.linkClasses
    return try topology.applying(
      try links.compactMap { name in
        try classes.first { $0.name == name }.map {
          try Override(parsing: "links.\(name).bandwidth=\($0.bandwidth.bytesPerSecond * Double(count)) B/s")
        }
      })
  }
}
