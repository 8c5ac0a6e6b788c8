import Programs
import Quantities
import Topologies

/// The chain of operations and messages that set the finish time of a run, and what its time went into.
///
/// The parts add up to the makespan: an operation starts the moment the last of what it waits for has finished, so
/// walking back from the last operation through those causes leaves no gap.
public struct CriticalPath: Hashable, Sendable {
  /// What a stretch of the path was spent on.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Kernels at their roofline time.
    case compute
    /// Launches of kernels, and the software's posting of messages.
    case overhead
    /// Propagation over the links of a route.
    case latency
    /// Bytes at the bandwidth of the route's slowest link.
    case bandwidth
    /// The rest of a message's time: sharing links with other flows.
    case waiting
  }

  /// One operation or message on the path.
  public struct Step: Hashable, Sendable {
    /// The operation; for a message, its receive.
    public var operation: OperationID
    /// When the stretch began.
    public var start: Seconds
    /// When it ended.
    public var end: Seconds
  }

  /// What a stretch of the path was limited by: the knob that would shorten it.
  public enum Resource: Hashable, Sendable {
    /// The memory bandwidth of a device type.
    case memory(device: String)
    /// The arithmetic of a device type.
    case arithmetic(device: String)
    /// The launch overhead of a device type.
    case launch(device: String)
    /// The message overhead of a link class.
    case messageOverhead(link: String)
    /// The latency of a link class.
    case latency(link: String)
    /// The bandwidth of a link class.
    case bandwidth(link: String)
    /// The sharing of a link class with other flows.
    case sharing(link: String)

    /// The part of the path that time on this resource belongs to.
    public var part: Part {
      switch self {
      case .memory, .arithmetic: .compute
      case .launch, .messageOverhead: .overhead
      case .latency: .latency
      case .bandwidth: .bandwidth
      case .sharing: .waiting
      }
    }
  }

  /// The stretches in the order of time.
  public var steps: [Step]
  /// The time limited by each resource.
  public var resources: [Resource: Seconds]

  /// The time of one part; zero when the path has none of it.
  public func time(_ part: Part) -> Seconds {
    // A dictionary's order differs from one process to the next, and the last bit of a sum with it.
    rankedResources.reduce(.zero) { $1.resource.part == part ? $0 + $1.time : $0 }
  }

  /// The sum of all parts.
  public var total: Seconds { Part.allCases.reduce(.zero) { $0 + time($1) } }

  /// The resources by the time that they limit, most first; equal times in the order of their descriptions.
  public var rankedResources: [(resource: Resource, time: Seconds)] {
    resources.map { (resource: $0.key, time: $0.value) }
      .sorted { left, right in
        left.time == right.time
          ? left.resource.description < right.resource.description : left.time > right.time
      }
  }
}

extension CriticalPath.Resource: CustomStringConvertible {
  /// Such as "bandwidth of ndr".
  public var description: String {
    switch self {
    case .memory(let device): "memory bandwidth of \(device)"
    case .arithmetic(let device): "arithmetic of \(device)"
    case .launch(let device): "launch overhead of \(device)"
    case .messageOverhead(let link): "message overhead of \(link)"
    case .latency(let link): "latency of \(link)"
    case .bandwidth(let link): "bandwidth of \(link)"
    case .sharing(let link): "sharing of \(link) with other flows"
    }
  }
}

extension SimulationRun {
  /// The critical path, found by walking back from the operation that finished last (the first of equals).
  ///
  /// - Complexity: O(operations + messages).
  public func criticalPath() -> CriticalPath {
    var path = CriticalPath(steps: [], resources: [:])
    var slowestToPost: [Int32: String] = [:]
    let finishes = timeline.finishes
    guard var index = finishes.indices.max(by: { (finishes[$0], -$0) < (finishes[$1], -$1) }) else { return path }
    while true {
      var cause = timeline.causes[index]
      var operation = index
      var start = timeline.starts[index]
      switch program.kinds[index] {
      case .compute:
        addKernel(index, to: &path)
      case .send, .receive:
        let messageIndex = Int(program.subjects[index])
        let message = program.messages[messageIndex]
        start = timeline.messageStarts[messageIndex]
        operation = Int(message.receive)
        // The side that was reached last is the one that set the start.
        let later = timeline.starts[Int(message.send)] > timeline.starts[Int(message.receive)]
        cause = timeline.causes[Int(later ? message.send : message.receive)]
        addMessage(messageIndex, to: &path, &slowestToPost)
      case .allocate, .free:
        break
      }
      if finishes[index] > start {
        path.steps.append(
          CriticalPath.Step(
            operation: OperationID(Int32(operation)), start: Seconds(start), end: Seconds(finishes[index])))
      }
      guard cause >= 0 else { break }
      index = Int(cause)
    }
    path.steps.reverse()
    return path
  }

  private func addKernel(_ operation: Int, to path: inout CriticalPath) {
    let kernel = program.kernels[Int(program.subjects[operation])]
    let profile = topology.profile(ofRank: Int(program.ranks[operation]))
    let span = Seconds(timeline.finishes[operation] - timeline.starts[operation])
    let launch = kernel.launched ? min(profile.launchOverhead, span) : .zero
    if launch > .zero { path.resources[.launch(device: profile.name), default: .zero] += launch }
    guard span > launch else { return }
    let streaming = kernel.bytes / profile.achievedMemoryBandwidth
    let whole = profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
    let resource: CriticalPath.Resource =
      streaming >= whole ? .memory(device: profile.name) : .arithmetic(device: profile.name)
    path.resources[resource, default: .zero] += span - launch
  }

  private func addMessage(_ index: Int, to path: inout CriticalPath, _ slowestToPost: inout [Int32: String]) {
    let message = program.messages[index]
    let route = timeline.routes[Int(timeline.routeOfMessage[index])]
    let classes = route.links.map { topology.graph.linkClass(ofLink: Int($0)) }
    for linkClass in classes where linkClass.latency > .zero {
      path.resources[.latency(link: linkClass.name), default: .zero] += linkClass.latency
    }
    // Posting takes longer than the overhead of one message when the sender had others to post first; that time
    // belongs to the class of link whose messages are the slowest to post among the sender's.
    let posting = Seconds(timeline.messagePosts[index] - timeline.messageStarts[index])
    let own = min(route.messageOverhead, posting)
    if let costly = classes.first(where: { $0.messageOverhead == route.messageOverhead }), own > .zero {
      path.resources[.messageOverhead(link: costly.name), default: .zero] += own
    }
    if posting > own {
      // Found once a rank: it looks at all messages of the program.
      let slowest = slowestToPost[message.from] ?? slowestToPostClass(from: message.from)
      slowestToPost[message.from] = slowest
      path.resources[.messageOverhead(link: slowest), default: .zero] += posting - own
    }
    guard message.bytes > 0, let narrowest = classes.first(where: { $0.payloadBandwidth == route.bandwidth }) else {
      return
    }
    let transfer = Bytes(message.bytes) / route.bandwidth
    path.resources[.bandwidth(link: narrowest.name), default: .zero] += transfer
    let span = Seconds(timeline.finishes[Int(message.receive)] - timeline.messageStarts[index])
    let rest = span - posting - route.latency - transfer
    // Rounding may leave a hair, which is no waiting.
    guard rest.seconds > 1e-9 * span.seconds else { return }
    path.resources[.sharing(link: narrowest.name), default: .zero] += rest
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
