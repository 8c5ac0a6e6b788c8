import Programs
import Quantities
import Topologies

/// The result of simulating a program: its time, its traffic and its memory. Every number in it is *simulated*.
public struct SimulationRun: Sendable {
  /// The program that ran.
  public let program: Program
  /// The cluster that it ran on.
  public let topology: Topology
  /// What it met beside the cluster as described.
  public let conditions: Conditions
  /// When everything happened.
  public let timeline: Timeline
  /// The time from the start to the end of the last operation.
  public let makespan: Seconds
  /// The bytes that each rank sent.
  public let bytesSentByRank: [Bytes]
  /// The bytes of the program that each directed link carried.
  public let bytesByLink: [Bytes]

  /// For each message that failed links sent another way, the route that its first bytes took.
  public let firstRoutes: [Int32: Int32]

  init(program: Program, topology: Topology, conditions: Conditions, timeline: Timeline) {
    self.program = program
    self.topology = topology
    self.conditions = conditions
    self.timeline = timeline
    makespan = Seconds(timeline.finishes.max() ?? 0)
    bytesSentByRank = program.bytesSentByRank
    var bytes = [Bytes](repeating: .zero, count: topology.graph.links.count)
    for (index, message) in program.messages.enumerated() {
      for link in timeline.routes[Int(timeline.routeOfMessage[index])].links {
        bytes[Int(link)] += Bytes(message.bytes)
      }
    }
    for leg in timeline.legs {
      for link in timeline.routes[Int(timeline.routeOfMessage[Int(leg.message)])].links {
        bytes[Int(link)] = bytes[Int(link)] - Bytes(leg.bytes)
      }
      for link in timeline.routes[Int(leg.route)].links { bytes[Int(link)] += Bytes(leg.bytes) }
    }
    bytesByLink = bytes
    firstRoutes = Dictionary(timeline.legs.map { ($0.message, $0.route) }) { first, _ in first }
  }

  /// The index of the route that a message set out on: the planned one, or another where that had failed before.
  public func firstRoute(ofMessage message: Int) -> Int {
    Int(firstRoutes[Int32(message)] ?? timeline.routeOfMessage[message])
  }

  /// The bytes of all messages, each counted once whatever the length of its route.
  public var totalBytes: Bytes { bytesSentByRank.reduce(.zero, +) }
}
