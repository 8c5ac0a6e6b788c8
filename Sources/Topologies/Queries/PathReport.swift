import Quantities

/// The way of messages between two ranks, link by link.
public struct PathReport: Hashable, Sendable, CustomStringConvertible {
  /// One link of the way.
  public struct Step: Hashable, Sendable {
    /// The name of the vertex that sends.
    public let from: String
    /// The name of the vertex that receives.
    public let to: String
    /// The link's class.
    public let linkClass: LinkClass
    /// Where in the cluster the link lies.
    public let tier: LinkTier
  }

  /// The rank that sends.
  public let source: Int
  /// The rank that receives.
  public let destination: Int
  /// The links in order; none from a rank to itself.
  public let steps: [Step]
  /// The route's overhead, latency and bandwidth.
  public let route: Route

  /// Reports a way.
  ///
  /// - Returns: nil when a rank doesn't exist or no way joins them.
  public init?(_ topology: Topology, from source: Int, to destination: Int) {
    let ranks = 0..<topology.deviceCount
    guard ranks.contains(source), ranks.contains(destination),
      let route = topology.route(from: source, to: destination)
    else { return nil }
    let graph = topology.graph
    self.source = source
    self.destination = destination
    self.route = route
    steps = route.links.map { index in
      let link = graph.links[Int(index)]
      return Step(
        from: graph.vertices[Int(link.from)].name, to: graph.vertices[Int(link.to)].name,
        linkClass: graph.linkClass(ofLink: Int(index)), tier: link.tier)
    }
  }

  /// The index of the step with the smallest payload bandwidth, the first of several; nil without steps.
  public var bottleneck: Int? {
    steps.indices.min { steps[$0].linkClass.payloadBandwidth < steps[$1].linkClass.payloadBandwidth }
  }

  /// A few lines for a person.
  public var description: String {
    guard let bottleneck else { return "rank \(source) to rank \(destination): no link" }
    let width = steps.reduce(0) { max($0, $1.from.count + $1.to.count + 4) }
    var lines = ["rank \(source) to rank \(destination): \(steps.count) links"]
    for (index, step) in steps.enumerated() {
      let way = "\(step.from) -> \(step.to)"
      let link = step.linkClass
      let mark = index == bottleneck ? "  <- bottleneck" : ""
      lines.append(
        "  " + way + String(repeating: " ", count: width - way.count)
          + "  \(link.name) (\(step.tier.rawValue)), \(link.payloadBandwidth), \(link.latency)\(mark)")
    }
    lines.append(
      "message overhead \(route.messageOverhead), latency \(route.latency), bandwidth \(route.bandwidth)")
    return lines.joined(separator: "\n")
  }
}
