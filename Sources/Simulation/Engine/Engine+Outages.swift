import Programs
import Quantities
import Topologies

extension Engine {
  /// Puts everything that happens by itself into the queue, before anything else of its time.
  mutating func scheduleConditions() {
    for (index, change) in conditions.linkChanges.enumerated()
    where index == 0 || conditions.linkChanges[index - 1].time != change.time {
      schedule(EventKind.change, index, at: change.time.seconds)
    }
    for (index, flow) in conditions.background.enumerated() {
      schedule(EventKind.background, index, at: flow.start.seconds)
    }
  }

  /// Makes the changes of an instant.
  mutating func changeLinks(from first: Int) {
    let changes = conditions.linkChanges
    var isRestored = false
    var stopped: [Int32] = []
    for change in changes[first...].prefix(while: { $0.time == changes[first].time }) {
      let resource = plan.links.resources[Int(change.link)]
      if outages.areExpected, change.factor == 0 {
        outages.set(resource, failed: true)
        stopped += network.flows(onLink: resource)
        continue
      }
      if outages.areExpected, outages.failed[Int(resource)] {
        outages.set(resource, failed: false)
        isRestored = true
      }
      network.setCapacity(ofLink: resource, to: plan.links.capacities[Int(resource)] * change.factor)
    }
    var seen: Set<Int32> = []
    for flow in stopped where seen.insert(flow).inserted { stop(flow) }
    guard isRestored else { return }
    let parked = outages.parked
    outages.parked.removeAll()
    for message in parked { divert(Int(message), left: outages.transits[message]?.left ?? 0) }
    let unposted = outages.unposted
    outages.unposted.removeAll()
    for message in unposted { postNow(Int(message)) }
  }

  /// Takes a flow off the links and sends its message another way.
  private mutating func stop(_ flow: Int32) {
    let left = progress.remove(flow, at: now)
    network.remove(flow)
    let message = Int(slotMessages[Int(flow)])
    if message < program.messages.count {
      divert(message, left: left)
    } else {
      divertBackground(message - program.messages.count, left: left)
    }
  }

  /// Sends the rest of a message another way, around the links that have failed, or keeps it until one comes back.
  ///
  /// The bytes that have left are not sent again; the latency of the new way is paid.
  mutating func divert(_ message: Int, left: Double) {
    let ends = program.messages[message]
    let planned = plan.routeOfMessage[message]
    let whole = messageConditions.wireBytes(ends.bytes, on: routes[Int(planned)])
    let before = outages.transits[Int32(message)]
    var moved = before?.moved ?? 0
    if whole > 0 {
      let gone = Int64((Double(ends.bytes) * max(0, 1 - left / whole)).rounded())
      let start = before?.start ?? plannedStart(ofMessage: message)
      outages.note(message, route: before?.route ?? planned, bytes: gone - moved, from: start, to: now)
      moved = max(moved, gone)
    }
    guard let route = openRoute(from: Int(ends.from), to: Int(ends.to), planned: planned) else {
      outages.transits[Int32(message)] = Outages.Transit(route: planned, left: left, moved: moved, start: now)
      outages.parked.append(Int32(message))
      if !linksComeBack { failure = cutOff(from: Int(ends.from), to: Int(ends.to)) }
      return
    }
    outages.transits[Int32(message)] = Outages.Transit(route: route, left: left, moved: moved, start: now)
    schedule(EventKind.activation, message, at: now + ways[Int(route)].latency)
  }

  /// Chooses the route of a message that is to be posted; nil when there is none, and the message waits for a link.
  mutating func chooseRoute(_ message: Int) -> Int32? {
    let planned = plan.routeOfMessage[message]
    guard outages.block(plan.links.resources(of: routes[Int(planned)])) else { return planned }
    let ends = program.messages[message]
    let whole = messageConditions.wireBytes(ends.bytes, on: routes[Int(planned)])
    guard let route = openRoute(from: Int(ends.from), to: Int(ends.to), planned: planned) else {
      outages.unposted.append(Int32(message))
      if !linksComeBack { failure = cutOff(from: Int(ends.from), to: Int(ends.to)) }
      return nil
    }
    outages.transits[Int32(message)] = Outages.Transit(route: route, left: whole, moved: 0, start: now)
    return route
  }

  /// When the bytes of a message began to flow on its planned route.
  private borrowing func plannedStart(ofMessage message: Int) -> Double {
    let route = plan.routeOfMessage[message]
    let extra = messageConditions.extraLatency(ofMessage: message, on: routes[Int(route)])
    return messagePosts[message] + (ways[Int(route)].latency + extra)
  }

  /// A route without failed links: the planned one where it has none, otherwise the shortest that there is.
  mutating func openRoute(from: Int, to: Int, planned: Int32) -> Int32? {
    if !outages.block(plan.links.resources(of: routes[Int(planned)])) { return planned }
    let key = UInt64(from) << 32 | UInt64(to)
    if let known = outages.ways[key] { return known < 0 ? nil : known }
    let resources = plan.links.resources
    let failed = outages.failed
    let found = outages.search?.route(from: from, to: to) { failed[Int(resources[$0])] }
    let index = found.map { addRoute($0) }
    outages.ways[key] = index ?? -1
    return index
  }

  /// Adds a route that the plan does not have.
  mutating func addRoute(_ route: Route) -> Int32 {
    let resources = plan.links.resources(of: route)
    network.makeRoom(forRouteOf: resources.count)
    routes.append(route)
    ways.append(plan.links.way(of: route, isLone: false))
    return network.addRoute(resources)
  }

  /// Whether a link that has failed comes back later.
  private var linksComeBack: Bool {
    conditions.linkChanges.contains {
      $0.time.seconds > now && $0.factor > 0 && outages.failed[Int(plan.links.resources[Int($0.link)])]
    }
  }

  private func cutOff(from: Int, to: Int) -> SimulationError {
    let graph = topology.graph
    var links: [String] = []
    for index in graph.links.indices where outages.failed[Int(plan.links.resources[index])] {
      let link = graph.links[index]
      links.append("\(graph.vertices[Int(link.from)].name) → \(graph.vertices[Int(link.to)].name)")
    }
    return .cutOff(from: from, to: to, at: Seconds(now), failed: links)
  }
}
