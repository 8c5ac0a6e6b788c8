import Programs
import Topologies

/// What is known of a program's messages before it runs: their routes, and which of them can never meet another.
///
/// A message whose links no other flow can be on at the same time, and whose sender has no other message to post
/// meanwhile, takes exactly its alpha-beta time from when it starts. Such a *lone* message needs no event: its arrival
/// is known the moment its start is. That is so when every link of its route belongs to that route alone and an
/// ordered stream of the sender or of the receiver keeps the messages of the route apart.
struct MessagePlan {
  /// The distinct routes.
  let routes: [Route]
  /// For each message, its route.
  let routeOfMessage: [Int32]
  /// For each route, whether its messages are lone.
  let isLone: [Bool]
  /// For each rank, whether it posts its messages one at a time anyhow, on one ordered stream.
  let postsInOrder: [Bool]
  /// The links as the run's conditions leave them.
  let links: LinkConditions

  init(
    program: Program, topology: Topology, conditions: Conditions = Conditions()
  ) throws(SimulationError) {
    let table = try RouteTable(program: program, topology: topology)
    let links = LinkConditions(topology: topology, conditions: conditions)
    self.links = links
    routes = table.routes
    routeOfMessage = table.routeOfMessage
    var sends = OrderedStreams(count: table.routes.count)
    var receives = OrderedStreams(count: table.routes.count)
    var posts = OrderedStreams(count: program.worldSize)
    for (index, message) in program.messages.enumerated() {
      let route = Int(table.routeOfMessage[index])
      let sendStream = message.send >= 0 ? program.streams[Int(message.send)] : .unordered
      sends.add(sendStream, to: route)
      receives.add(message.receive >= 0 ? program.streams[Int(message.receive)] : .unordered, to: route)
      posts.add(sendStream, to: Int(message.from))
    }
    var routesOnLink = [Int32](repeating: 0, count: topology.graph.links.count)
    for route in table.routes {
      for link in links.resources(of: route) { routesOnLink[Int(link)] += 1 }
    }
    isLone = table.routes.indices.map { index in
      (sends.isOrdered(index) || receives.isOrdered(index))
        && links.resources(of: table.routes[index]).allSatisfy {
          routesOnLink[Int($0)] == 1 && !links.isUnsettled[Int($0)]
        }
    }
    postsInOrder = (0..<program.worldSize).map { posts.isOrdered($0) }
  }

  /// Whether every message is lone and posted in order, so that a run needs no clock at all.
  var needsNoClock: Bool {
    isLone.allSatisfy { $0 } && postsInOrder.allSatisfy { $0 }
  }

  /// For each of some keys, the one stream that all operations of the key are on, if there is one and it is ordered.
  private struct OrderedStreams {
    private static let unseen: UInt8 = 254
    private var streams: [UInt8]

    init(count: Int) {
      streams = [UInt8](repeating: Self.unseen, count: count)
    }

    mutating func add(_ stream: Stream, to key: Int) {
      if streams[key] == Self.unseen {
        streams[key] = stream.index
      } else if streams[key] != stream.index {
        streams[key] = Stream.unordered.index
      }
    }

    func isOrdered(_ key: Int) -> Bool { streams[key] != Stream.unordered.index }
  }
}
