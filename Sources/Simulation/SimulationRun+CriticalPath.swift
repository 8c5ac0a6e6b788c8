import Programs
import Quantities
import Topologies

extension SimulationRun {
  /// The critical path, found by walking back from the operation that finished last (the first of equals).
  ///
  /// - Complexity: O(operations + messages).
  public func criticalPath() -> CriticalPath {
    var path = CriticalPath(steps: [], resources: [:])
    var blame = Blame(of: self)
    let finishes = timeline.finishes
    guard var index = finishes.indices.max(by: { (finishes[$0], -$0) < (finishes[$1], -$1) }) else { return path }
    while true {
      var cause = timeline.causes[index]
      var operation = index
      var start = timeline.starts[index]
      var began = index
      switch program.kinds[index] {
      case .compute:
        blame.addKernel(index, to: &path)
      case .send, .receive:
        let message = program.messages[Int(program.subjects[index])]
        let messageStart = timeline.messageStarts[Int(program.subjects[index])]
        let (send, receive) = (Int(message.send), Int(message.receive))
        guard finishes[receive] == finishes[send] || index == send else {
          // It had arrived in the receiver's buffer before, so that its receive waited for nothing but its turn.
          cause = timeline.causes[receive]
          start = finishes[receive]
          break
        }
        start = messageStart
        operation = receive
        // The side that was reached last is the one that set the start; a receive reached later did not.
        let isLate = timeline.starts[receive] > messageStart
        began = isLate || timeline.starts[send] > timeline.starts[receive] ? send : receive
        cause = timeline.causes[began]
        blame.addMessage(Int(program.subjects[index]), to: &path)
      case .allocate, .free:
        break
      }
      if finishes[index] > start {
        path.steps.append(
          CriticalPath.Step(
            operation: OperationID(Int32(operation)), start: Seconds(start), end: Seconds(finishes[index])))
      }
      guard cause >= 0 else {
        if start > 0 {
          path.resources[.startDelay(rank: Int(program.ranks[began])), default: .zero] += Seconds(start)
          path.steps.append(
            CriticalPath.Step(
              operation: OperationID(Int32(began)), start: .zero, end: Seconds(start), isStartDelay: true))
        }
        break
      }
      index = Int(cause)
    }
    path.steps.reverse()
    return path
  }

  /// What the time of each step of a path went into, by the resource that limited it; empty for one that took none.
  ///
  /// - Complexity: O(steps), and O(messages) for each rank with several messages to post.
  public func resources(of steps: [CriticalPath.Step]) -> [[CriticalPath.Resource: Seconds]] {
    var blame = Blame(of: self)
    return steps.map { step in
      var path = CriticalPath(steps: [], resources: [:])
      let operation = Int(step.operation.index)
      if step.isStartDelay { return [.startDelay(rank: Int(program.ranks[operation])): step.end] }
      switch program.kinds[operation] {
      case .compute: blame.addKernel(operation, to: &path)
      case .send, .receive: blame.addMessage(Int(program.subjects[operation]), to: &path)
      case .allocate, .free: break
      }
      return path.resources
    }
  }
}

/// Tells what the time of kernels and messages on the critical path went into.
private struct Blame {
  private let run: SimulationRun
  private let kernelTimes: KernelTimes
  private let messageConditions: MessageConditions
  private let links: LinkConditions
  private var slowestToPost: [Int32: String] = [:]

  private var program: Program { run.program }
  private var topology: Topology { run.topology }
  private var timeline: Timeline { run.timeline }

  init(of run: SimulationRun) {
    self.run = run
    kernelTimes = KernelTimes(program: run.program, topology: run.topology, conditions: run.conditions)
    messageConditions = MessageConditions(topology: run.topology, conditions: run.conditions)
    links = LinkConditions(topology: run.topology, conditions: run.conditions)
  }

  /// Whether a time is more than what rounding leaves of a span.
  private func matters(_ time: Seconds, of span: Seconds) -> Bool { time.seconds > 1e-9 * span.seconds }

  func addKernel(_ operation: Int, to path: inout CriticalPath) {
    let index = Int(program.subjects[operation])
    let kernel = program.kernels[index]
    let rank = Int(program.ranks[operation])
    let profile = topology.profile(ofRank: rank)
    let given = run.conditions.kernelTime(profile: topology.devices[rank].profile, kernel: index)
    let whole = given ?? profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
    let span = Seconds(timeline.finishes[operation] - timeline.starts[operation])
    let launch = given == nil && kernel.launched ? min(profile.launchOverhead, span) : .zero
    if launch > .zero { path.resources[.launch(device: profile.name), default: .zero] += launch }
    let described = launch + whole
    let slowed = described * kernelTimes.factor(rank: rank, operation: operation)
    var rest = span - launch
    // Late in a run the rounding of times is more than a hair of a short kernel.
    if run.conditions.communicationShare > 0, matters(span - slowed, of: span) {
      path.resources[.communication(device: profile.name), default: .zero] += span - slowed
      rest = rest - (span - slowed)
    }
    if matters(slowed - described, of: span) {
      path.resources[.slowdown(rank: rank), default: .zero] += slowed - described
      rest = rest - (slowed - described)
    }
    guard rest > .zero else { return }
    let streaming = kernel.bytes / profile.achievedMemoryBandwidth
    let resource: CriticalPath.Resource =
      given != nil
      ? .calibratedKernel(device: profile.name)
      : streaming >= whole ? .memory(device: profile.name) : .arithmetic(device: profile.name)
    path.resources[resource, default: .zero] += rest
  }

  mutating func addMessage(_ index: Int, to path: inout CriticalPath) {
    let message = program.messages[index]
    let route = timeline.routes[run.firstRoute(ofMessage: index)]
    let classes = route.links.map { topology.graph.linkClass(ofLink: Int($0)) }
    for linkClass in classes where linkClass.latency > .zero {
      path.resources[.latency(link: linkClass.name), default: .zero] += linkClass.latency
    }
    let hold = Seconds(timeline.holds.isEmpty ? 0 : timeline.holds[index])
    if hold > .zero { path.resources[.hold(rank: Int(message.from)), default: .zero] += hold }
    // Posting takes longer than the overhead of one message when the sender had others to post first; that time
    // belongs to the class of link whose messages are the slowest to post among the sender's.
    let posting = Seconds(timeline.messagePosts[index] - timeline.messageStarts[index]) - hold
    let own = min(route.messageOverhead, posting)
    if let costly = classes.first(where: { $0.messageOverhead == route.messageOverhead }), own > .zero {
      path.resources[.messageOverhead(link: costly.name), default: .zero] += own
    }
    let end = timeline.finishes[Int(message.send)]
    let span = Seconds(end - timeline.messageStarts[index])
    if matters(posting - own, of: span) {
      // Found once a rank: it looks at all messages of the program.
      let slowest = slowestToPost[message.from] ?? slowestToPostClass(from: message.from)
      slowestToPost[message.from] = slowest
      path.resources[.messageOverhead(link: slowest), default: .zero] += posting - own
    }
    let jitter = Seconds(messageConditions.extraLatency(ofMessage: index, on: route))
    if jitter > .zero {
      path.resources[.jitter(link: jitteryClass(of: route)), default: .zero] += jitter
    }
    guard let narrowest = classes.first(where: { $0.payloadBandwidth == route.bandwidth }) else { return }
    var rest = span - hold - posting - route.latency - jitter
    if message.bytes > 0 {
      let transfer = Bytes(message.bytes) / route.bandwidth
      path.resources[.bandwidth(link: narrowest.name), default: .zero] += transfer
      rest = rest - transfer
      rest = rest - addLosses(index, route, transfer, to: &path)
    }
    guard matters(rest, of: span) else { return }
    let planned = timeline.routes[Int(timeline.routeOfMessage[index])]
    let changed = (planned.links + route.links).first { links.isUnsettled[Int(links.resources[Int($0)])] }
    if let changed, !run.conditions.linkChanges.isEmpty {
      path.resources[.change(link: topology.graph.linkClass(ofLink: Int(changed)).name), default: .zero] += rest
    } else {
      path.resources[.sharing(link: narrowest.name), default: .zero] += rest
    }
  }

  /// Adds what a message lost to its size and to links that are slower than described, and returns the sum.
  private func addLosses(
    _ index: Int, _ route: Route, _ transfer: Seconds, to path: inout CriticalPath
  ) -> Seconds {
    guard !messageConditions.isPlain || !run.conditions.linkFactors.isEmpty || links.sharesDirections else {
      return .zero
    }
    let bytes = messageConditions.wireBytes(program.messages[index].bytes, on: route)
    let bySize = Seconds(bytes / route.bandwidth.bytesPerSecond) - transfer
    let way = links.way(of: route, isLone: false)
    let byLinks = Seconds(bytes / way.bandwidth) - bySize - transfer
    let slowest = route.links.first { links.capacities[Int($0)] == way.bandwidth } ?? route.links[0]
    let name = topology.graph.linkClass(ofLink: Int(slowest)).name
    if matters(bySize, of: transfer) { path.resources[.messageEfficiency(link: name), default: .zero] += bySize }
    if matters(byLinks, of: transfer) { path.resources[.degradation(link: name), default: .zero] += byLinks }
    return bySize + byLinks
  }

  /// The first class on a route whose latency has jitter.
  private func jitteryClass(of route: Route) -> String {
    let classes = route.links.map { Int(topology.graph.links[Int($0)].linkClass) }
    let jitters = run.conditions.messageJitters
    let first = classes.first { $0 < jitters.count && jitters[$0] != nil } ?? classes.first ?? 0
    return topology.graph.linkClasses[first].name
  }

  /// The class of link with the largest message overhead among those that a rank's messages cross.
  private func slowestToPostClass(from rank: Int32) -> String {
    var slowest: LinkClass?
    for route in Set(
      program.messages.indices.filter { program.messages[$0].from == rank }.map { timeline.routeOfMessage[$0] })
    {
      for link in timeline.routes[Int(route)].links {
        let linkClass = topology.graph.linkClass(ofLink: Int(link))
        let isSlower = slowest.map {
          (linkClass.messageOverhead, $0.name) > ($0.messageOverhead, linkClass.name)
        }
        if isSlower ?? true { slowest = linkClass }
      }
    }
    return slowest?.name ?? ""
  }
}
