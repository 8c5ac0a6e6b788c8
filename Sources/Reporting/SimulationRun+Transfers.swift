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

  /// The way that a message set out on.
  func route(ofMessage message: Int) -> Route {
    timeline.routes[firstRoute(ofMessage: message)]
  }

  /// For each link, the transfers over it: messages, in program order, then legs of those that failed links sent another
  /// way. A transfer below the number of messages is a message, the others are legs in the timeline's order.
  ///
  /// - Parameter isWanted: Whether a link is asked for.
  func transfersByLink(where isWanted: (Int) -> Bool = { _ in true }) -> TraceGroups {
    let count = program.messages.count
    let diverted = Set(timeline.legs.map(\.message))
    return TraceGroups(groups: topology.graph.links.count, count: count + timeline.legs.count) { index, name in
      if index < count, program.messages[index].bytes == 0 || diverted.contains(Int32(index)) { return }
      for link in route(ofTransfer: index).links where isWanted(Int(link)) { name(Int(link)) }
    }
  }

  /// One transfer over the links of a route: its bytes, and when the first and the last of them arrived, in seconds.
  func transfer(_ index: Int) -> (bytes: Int64, start: Double, end: Double) {
    let count = program.messages.count
    guard index >= count else {
      return (program.messages[index].bytes, arrival(ofMessage: index), finish(ofMessage: index))
    }
    let leg = timeline.legs[index - count]
    return (leg.bytes, leg.start, leg.end)
  }

  /// The way of a transfer.
  func route(ofTransfer index: Int) -> Route {
    let count = program.messages.count
    return index < count ? route(ofMessage: index) : timeline.routes[Int(timeline.legs[index - count].route)]
  }

  /// The ends of a link, as "dgx0/gpu3 → leaf3".
  func nameOfEnds(ofLink index: Int) -> String {
    let (graph, link) = (topology.graph, topology.graph.links[index])
    return "\(graph.vertices[Int(link.from)].name) → \(graph.vertices[Int(link.to)].name)"
  }
}
