import Topologies

/// Finds the profile of a step from the routes of its messages.
struct StepProfiler {
  private let topology: Topology
  private let group: [Int]
  /// The class of each link: there are far fewer classes, whose figures stay near at hand.
  private let classOfLink: [Int32]
  private let overheads: [Double]
  private let latencies: [Double]
  private let byteTimes: [Double]
  private let combining: [Double]
  private var loads: [Load]
  private var links: [Int32] = []
  private var touched: [Int32] = []
  /// For each member the time that it has spent on posting its messages of the step so far.
  private var posted: [Double]

  /// What crosses a link in a step.
  private struct Load {
    var messages = 0.0
    /// When the first of them has been posted.
    var overhead = Double.infinity
    var latency = 0.0
    var combining = 0.0
    var endsAtReceiver = false
  }

  init(topology: Topology, group: [Int]) {
    self.topology = topology
    self.group = group
    let graph = topology.graph
    let classes = graph.linkClasses
    classOfLink = graph.links.map { $0.linkClass }
    overheads = classes.map { $0.messageOverhead.seconds }
    latencies = classes.map { $0.latency.seconds }
    byteTimes = classes.map { 1 / $0.payloadBandwidth.bytesPerSecond }
    // Two slices are read and one is written.
    combining = group.map { 3 / topology.profile(ofRank: $0).achievedMemoryBandwidth.bytesPerSecond }
    posted = [Double](repeating: 0, count: group.count)
    loads = [Load](repeating: Load(), count: graph.links.count)
  }

  /// The profile of messages that are under way together, each sender posting its own in their order.
  ///
  /// - Parameters:
  ///   - messages: The senders and receivers, as places in the group.
  ///   - scale: How many messages each of them stands for.
  mutating func profile(_ messages: [StepMessage], scale: Double = 1) -> StepProfile {
    var profile = StepProfile()
    for message in messages { posted[message.from] = 0 }
    for message in messages {
      let (source, target) = (group[message.from], group[message.to])
      links.removeAll(keepingCapacity: true)
      var line = StepProfile.Line(overhead: 0, latency: 0, alone: 0, shared: 0, combining: combining[message.to])
      if source != target, !topology.appendRoute(from: source, to: target, into: &links) { line.latency = .infinity }
      for place in links.indices {
        let linkClass = Int(classOfLink[Int(links[place])])
        line.overhead = max(line.overhead, overheads[linkClass])
        line.latency += latencies[linkClass]
        line.alone = max(line.alone, byteTimes[linkClass])
      }
      let first = line.overhead
      if first > 0 {
        posted[message.from] += first * scale
        line.overhead = max(first, posted[message.from])
      }
      for place in links.indices {
        let link = Int(links[place])
        if loads[link].messages == 0 { touched.append(links[place]) }
        loads[link].messages += 1
        loads[link].overhead = min(loads[link].overhead, line.overhead - first * (scale - 1))
        loads[link].latency += line.latency
        loads[link].combining = max(loads[link].combining, line.combining)
        if place == links.count - 1 { loads[link].endsAtReceiver = true }
      }
      profile.add(message: line)
    }
    for index in touched {
      let link = Int(index)
      let load = loads[link]
      let byteTime = byteTimes[Int(classOfLink[link])] * load.messages * scale
      profile.add(
        StepProfile.Line(
          overhead: load.overhead, latency: load.latency / load.messages,
          alone: load.endsAtReceiver ? byteTime : 0, shared: load.endsAtReceiver ? 0 : byteTime,
          combining: load.combining))
      loads[link] = Load()
    }
    touched.removeAll(keepingCapacity: true)
    return profile
  }
}

/// One message of a step: its sender and receiver as places in a group.
struct StepMessage {
  var from: Int
  var to: Int
}

extension Topology {
  /// Appends the links of the way that ``route(from:to:)`` gives, without making a route of them.
  fileprivate func appendRoute(from source: Int, to destination: Int, into links: inout [Int32]) -> Bool {
    let salt = SeededHash.mix(routingSeed, UInt64(source), UInt64(destination))
    return router.appendRoute(from: source, to: destination, salt: salt, into: &links)
  }
}
