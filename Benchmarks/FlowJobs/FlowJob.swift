import Topologies

/// A set of messages on a network, in a form that other simulators can run too: the text form is told in
/// `Benchmarks/simgrid/README.md`.
///
///     var job = FlowJob(network: topology)
///     let first = try job.send(1_000_000, from: 0, to: 1, on: topology)
///     try job.send(2_000_000, from: 1, to: 2, on: topology, delay: 1e-6, after: [first])
///     print(job.text)
///
/// Routes are part of a job, so that both simulators send every message over the same links.
public struct FlowJob: Hashable, Sendable {
  /// One directed link.
  public struct Link: Hashable, Sendable {
    /// The vertex that sends.
    public var from: Int
    /// The vertex that receives.
    public var to: Int
    /// What it carries, in bytes a second.
    public var bandwidth: Double
    /// The latency of crossing it, in seconds.
    public var latency: Double
  }

  /// The way from one host to another.
  public struct Route: Hashable, Sendable {
    /// The host that sends.
    public var source: Int
    /// The host that receives.
    public var destination: Int
    /// The indices of the links crossed, in order.
    public var links: [Int]
  }

  /// One message. It starts `delay` seconds after the last message of `after` has arrived, or after the start of the
  /// run when `after` is empty.
  public struct Message: Hashable, Sendable {
    /// The host that sends.
    public var source: Int
    /// The host that receives.
    public var destination: Int
    /// The payload in bytes.
    public var bytes: Int
    /// The time to wait, in seconds.
    public var delay: Double
    /// The indices of the messages to wait for, each lower than this message's own.
    public var after: [Int]
  }

  /// The number of vertices of the network.
  public var vertexCount: Int
  /// The vertex of each host.
  public var hosts: [Int]
  /// The directed links.
  public var links: [Link]
  /// The routes that messages take.
  public var routes: [Route] = []
  /// The messages.
  public var messages: [Message] = []

  init(vertexCount: Int, hosts: [Int], links: [Link]) {
    self.vertexCount = vertexCount
    self.hosts = hosts
    self.links = links
  }

  /// Creates a job without messages on the network of a topology: its ranks are the hosts, and its links' payload
  /// bandwidths and latencies are the links'. A job knows no message overhead, so the topology should have none.
  public init(network topology: Topology) {
    let graph = topology.graph
    self.init(
      vertexCount: graph.vertices.count, hosts: topology.devices.map(\.vertex),
      links: graph.links.indices.map { index in
        let link = graph.links[index]
        return Link(
          from: Int(link.from), to: Int(link.to), bandwidth: graph.payloadBandwidth(ofLink: index).bytesPerSecond,
          latency: graph.linkClass(ofLink: index).latency.seconds)
      })
  }

  /// Adds a message, and the topology's route for it when the job has none yet.
  ///
  /// - Returns: The index of the message.
  /// - Throws: ``FlowJobError`` when the topology has no route.
  @discardableResult
  public mutating func send(
    _ bytes: Int, from source: Int, to destination: Int, on topology: Topology, delay: Double = 0, after: [Int] = []
  ) throws(FlowJobError) -> Int {
    if !routes.contains(where: { $0.source == source && $0.destination == destination }) {
      guard let route = topology.route(from: source, to: destination) else {
        throw FlowJobError(line: nil, problem: "no route from host \(source) to host \(destination)")
      }
      routes.append(Route(source: source, destination: destination, links: route.links.map { Int($0) }))
    }
    messages.append(Message(source: source, destination: destination, bytes: bytes, delay: delay, after: after))
    return messages.count - 1
  }
}
