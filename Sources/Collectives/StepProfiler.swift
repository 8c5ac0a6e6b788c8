import Topologies

/// Finds the profile of a step from the routes of its messages.
struct StepProfiler {
  private let topology: Topology
  private let group: [Int]
  private let overheads: [Double]
  private let latencies: [Double]
  private let byteTimes: [Double]
  private let combining: [Double]
  private var loads: [Double]
  private var links: [Int32] = []
  private var ends: [Int] = []

  init(topology: Topology, group: [Int]) {
    self.topology = topology
    self.group = group
    let graph = topology.graph
    let classes = graph.linkClasses
    overheads = graph.links.map { classes[Int($0.linkClass)].messageOverhead.seconds }
    latencies = graph.links.map { classes[Int($0.linkClass)].latency.seconds }
    byteTimes = graph.links.map { 1 / classes[Int($0.linkClass)].payloadBandwidth.bytesPerSecond }
    // Two slices are read and one is written.
    combining = group.map { 3 / topology.profile(ofRank: $0).achievedMemoryBandwidth.bytesPerSecond }
    loads = [Double](repeating: 0, count: graph.links.count)
  }

  /// The profile of messages that are under way together.
  ///
  /// - Parameters:
  ///   - messages: The senders and receivers, as places in the group.
  ///   - scale: How many messages each of them stands for.
  mutating func profile(_ messages: [StepMessage], scale: Double = 1) -> StepProfile {
    links.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var profile = StepProfile()
    for message in messages {
      let (source, target) = (group[message.from], group[message.to])
      let start = links.count
      let found = source == target || topology.appendRoute(from: source, to: target, into: &links)
      for place in start..<links.count { loads[Int(links[place])] += scale }
      ends.append(links.count)
      if !found {
        profile.add(
          StepProfile.Line(overhead: 0, latency: .infinity, alone: 0, shared: 0, combining: combining[message.to]))
      }
    }
    var start = 0
    for (message, end) in zip(messages, ends) {
      var line = StepProfile.Line(overhead: 0, latency: 0, alone: 0, shared: 0, combining: combining[message.to])
      for place in start..<end {
        let link = Int(links[place])
        line.overhead = max(line.overhead, overheads[link])
        line.latency += latencies[link]
        line.alone = max(line.alone, byteTimes[link])
        line.shared = max(line.shared, byteTimes[link] * loads[link])
      }
      profile.add(line)
      start = end
    }
    for link in links { loads[Int(link)] = 0 }
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
