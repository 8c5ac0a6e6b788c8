import Programs
import Simulation
import Topologies

/// How the bytes of messages lie on links and in time, for traces and for utilisation alike.
///
/// The simulator keeps no rates, so each message counts with its mean rate, on every link of its route, from the arrival
/// of its first byte to that of its last.
extension SimulationRun {
  /// When the first byte of a message arrives, in seconds.
  func arrival(ofMessage message: Int) -> Double {
    timeline.messagePosts[message] + route(ofMessage: message).latency.seconds
  }

  /// When the last byte of a message arrives, in seconds.
  func finish(ofMessage message: Int) -> Double {
    // The receive may be reached later, where a buffer takes the message in before.
    timeline.finishes[Int(program.messages[message].send)]
  }

  /// The way of a message.
  func route(ofMessage message: Int) -> Route {
    timeline.routes[Int(timeline.routeOfMessage[message])]
  }

  /// For each link, the messages with bytes that cross it, in program order.
  ///
  /// - Parameter isWanted: Whether a link is asked for.
  func messagesByLink(where isWanted: (Int) -> Bool = { _ in true }) -> TraceGroups {
    TraceGroups(groups: topology.graph.links.count, count: program.messages.count) { index, name in
      guard program.messages[index].bytes > 0 else { return }
      for link in route(ofMessage: index).links where isWanted(Int(link)) { name(Int(link)) }
    }
  }

  /// The ends of a link, as "dgx0/gpu3 → leaf3".
  func nameOfEnds(ofLink index: Int) -> String {
    let (graph, link) = (topology.graph, topology.graph.links[index])
    return "\(graph.vertices[Int(link.from)].name) → \(graph.vertices[Int(link.to)].name)"
  }
}
