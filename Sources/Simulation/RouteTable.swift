import Programs
import Topologies

/// The routes that a program's messages take, each found once.
struct RouteTable {
  /// The distinct routes.
  private(set) var routes: [Route] = []
  /// For each message, its route.
  private(set) var routeOfMessage: [Int32] = []

  init(program: Program, topology: Topology) throws(SimulationError) {
    routeOfMessage.reserveCapacity(program.messages.count)
    var indices: [UInt64: Int32] = [:]
    // Most ranks send to the same peer again and again: remembering the last one spares the dictionary.
    var lastPeer = [Int32](repeating: -1, count: program.worldSize)
    var lastRoute = [Int32](repeating: -1, count: program.worldSize)
    for message in program.messages {
      let from = Int(message.from)
      if lastPeer[from] != message.to {
        let key = UInt64(UInt32(bitPattern: message.from)) << 32 | UInt64(UInt32(bitPattern: message.to))
        let index: Int32
        if let known = indices[key] {
          index = known
        } else {
          guard let route = topology.route(from: from, to: Int(message.to)) else {
            throw SimulationError.noRoute(from: from, to: Int(message.to))
          }
          index = Int32(routes.count)
          routes.append(route)
          indices[key] = index
        }
        lastPeer[from] = message.to
        lastRoute[from] = index
      }
      routeOfMessage.append(lastRoute[from])
    }
  }
}
