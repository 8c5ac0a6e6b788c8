import Programs
import Quantities
import Topologies

/// The state of one run.
///
/// Time is only followed event by event where it must be: where flows share links, and where a sender has several
/// messages to post. Everything else is worked out as soon as it is known, in the order of dependencies and ahead of
/// the clock: a kernel ends a fixed time after the last operation that it waits for, and a *lone* message (see
/// ``MessagePlan``) arrives its alpha-beta time after its start. So a run without contention is a walk through the
/// program, and a run with it pays for the flows that meet.
///
/// A sender's software posts messages one after another, each for the overhead of its route: those that become ready at
/// one instant in program order, once everything else of that instant has happened. So which of several arrivals of an
/// instant is handled first decides nothing.
///
/// The order is safe because knowledge only points forward: whatever follows from an event at some time lies at that
/// time or later, so the queue never receives an event of the past. Where both ways of timing a message apply they do
/// the same arithmetic in the same order, so that the results are the same to the last bit; a test holds them to that.
struct Engine: ~Copyable {
  private let program: Program
  private let plan: MessagePlan
  private let successorStarts: [Int32]
  private let successors: [Int32]
  private let kernelTimes: KernelTimes
  private let ways: [Way]
  private let followsClock: Bool

  private var queue: EventQueue
  private var network: FlowNetwork
  private var now = 0.0

  // Operations. A start is the latest finish among the dependencies seen so far until all have been seen.
  private let pending: Column<Int32>
  private let starts: Column<Double>
  private let finishes: Column<Double>
  private let causes: Column<Int32>
  /// The operations whose start is known, in the order in which it became known; each enters once.
  private let known: Column<Int32>
  private var knownCount = 0
  private var handledCount = 0

  // Messages.
  private let waitsForPeer: Column<Bool>
  private let messageStarts: Column<Double>
  private let messagePosts: Column<Double>
  private let postedUntil: Column<Double>

  // Flows under way. Flows that one link binds share that link's clock, so that an arrival is an event of a link.
  private var progress: FlowProgress
  private var slotMessages: ContiguousArray<Int32> = []
  private let arrivalSequences: Column<UInt32>

  private enum EventKind {
    static let start: UInt32 = 0
    static let activation: UInt32 = 1
    static let arrival: UInt32 = 2
    static let shift: UInt32 = 30
    static let mask: UInt32 = (1 << 30) - 1
  }

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - program: The program; has no more ranks than the topology has devices.
  ///   - topology: The cluster.
  ///   - plan: The routes of the program's messages.
  ///   - followsClock: Whether lone messages are timed by events too, as those that meet others are.
  private init(program: Program, topology: Topology, plan: MessagePlan, followsClock: Bool) {
    self.program = program
    self.followsClock = followsClock
    self.plan = plan
    ways = zip(plan.routes, plan.isLone).map { Way($0, isLone: $1 && !followsClock) }
    network = FlowNetwork(
      capacities: topology.graph.links.indices.lazy.map {
        topology.graph.payloadBandwidth(ofLink: $0).bytesPerSecond
      }, longestRoute: plan.routes.map(\.links.count).max() ?? 1)
    for route in plan.routes { _ = network.addRoute(route.links) }
    queue = EventQueue(capacity: 4 * program.worldSize)
    progress = FlowProgress(linkCount: topology.graph.links.count)
    arrivalSequences = Column(repeating: .max, count: topology.graph.links.count)

    let count = program.count
    pending = Column(repeating: 0, count: count)
    starts = Column(repeating: 0, count: count)
    finishes = Column(repeating: .nan, count: count)
    causes = Column(repeating: -1, count: count)
    known = Column(repeating: 0, count: count)
    (successorStarts, successors) = Self.successors(of: program)
    kernelTimes = KernelTimes(program: program, topology: topology)
    waitsForPeer = Column(repeating: false, count: program.messages.count)
    messageStarts = Column(repeating: .nan, count: program.messages.count)
    messagePosts = Column(repeating: .nan, count: program.messages.count)
    postedUntil = Column(repeating: 0, count: program.worldSize)
    for index in 0..<count {
      pending[index] = program.dependencyStarts[index + 1] - program.dependencyStarts[index]
    }
  }

  /// The operations that depend on each operation, in program order.
  private static func successors(of program: Program) -> (starts: [Int32], operations: [Int32]) {
    let count = program.count
    var starts = [Int32](repeating: 0, count: count + 1)
    for dependency in program.dependencies { starts[Int(dependency) + 1] += 1 }
    for index in 0..<count { starts[index + 1] += starts[index] }
    var next = starts
    var operations = [Int32](repeating: 0, count: program.dependencies.count)
    for index in 0..<count {
      for place in Int(program.dependencyStarts[index])..<Int(program.dependencyStarts[index + 1]) {
        let dependency = Int(program.dependencies[place])
        operations[Int(next[dependency])] = Int32(index)
        next[dependency] += 1
      }
    }
    return (starts, operations)
  }

  // MARK: Running

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - topology: The cluster.
  ///   - followsClock: Whether lone messages are timed by events too; the result is the same.
  static func run(
    _ program: Program, on topology: Topology, followsClock: Bool = false
  ) throws(SimulationError) -> Timeline {
    guard program.worldSize <= topology.deviceCount else {
      throw .tooFewDevices(needed: program.worldSize, available: topology.deviceCount)
    }
    guard program.count < Int(EventKind.mask) else { throw .tooManyEvents }
    let plan = try MessagePlan(program: program, topology: topology)
    if !followsClock, plan.needsNoClock, let timeline = try Walk.run(program, on: topology, plan: plan) {
      return timeline
    }
    var engine = Engine(program: program, topology: topology, plan: plan, followsClock: followsClock)
    return try engine.run()
  }

  private mutating func run() throws(SimulationError) -> Timeline {
    for index in 0..<program.count where pending[index] == 0 { know(index) }
    handleKnown()
    while let event = queue.pop() {
      now = event.time
      handle(event)
      handleKnown()
      if queue.nextTime > now { shareLevels() }
      guard !queue.isExhausted else { throw .tooManyEvents }
    }
    guard handledCount == program.count, everythingFinished else { throw deadlock() }
    let ledger = try MemoryLedger(program: program, finishes: finishes.array)
    return Timeline(
      starts: starts.array, finishes: finishes.array, causes: causes.array, messageStarts: messageStarts.array,
      messagePosts: messagePosts.array, routeOfMessage: plan.routeOfMessage, routes: plan.routes, ledger: ledger)
  }

  private var everythingFinished: Bool {
    for index in 0..<program.count where finishes[index].isNaN { return false }
    return true
  }

  @inline(__always)
  private mutating func know(_ operation: Int) {
    known[knownCount] = Int32(operation)
    knownCount += 1
  }

  /// Works out everything that follows from what is known.
  private mutating func handleKnown() {
    while handledCount < knownCount {
      let index = Int(known[handledCount])
      handledCount += 1
      switch program.kinds[index] {
      case .compute:
        let seconds = kernelTimes.seconds(kernel: Int(program.subjects[index]), rank: Int(program.ranks[index]))
        finish(index, at: starts[index] + seconds)
      case .send, .receive:
        let message = Int(program.subjects[index])
        if waitsForPeer[message] { begin(message) } else { waitsForPeer[message] = true }
      case .allocate, .free:
        finish(index, at: starts[index])
      }
    }
  }

  /// Sets the finish of an operation, and makes known what waited for nothing else.
  @inline(__always)
  private mutating func finish(_ index: Int, at time: Double) {
    finishes[index] = time
    for place in Int(successorStarts[index])..<Int(successorStarts[index + 1]) {
      let successor = Int(successors[place])
      // Of dependencies that finish together the last in program order is the cause, in whatever order they come.
      if time > starts[successor] || (time == starts[successor] && Int32(index) > causes[successor]) {
        starts[successor] = time
        causes[successor] = Int32(index)
      }
      pending[successor] -= 1
      if pending[successor] == 0 { know(successor) }
    }
  }

  // MARK: Messages

  /// Starts a message whose two sides have both been reached, now or at a time to come.
  private mutating func begin(_ message: Int) {
    let ends = program.messages[message]
    let start = max(starts[Int(ends.send)], starts[Int(ends.receive)])
    messageStarts[message] = start
    let way = ways[Int(plan.routeOfMessage[message])]
    if way.overhead > 0, followsClock || !plan.postsInOrder[Int(ends.from)] {
      // Last of its instant, as then all messages that start with it are known.
      queue.pushLast(
        time: start, payload: Self.payload(EventKind.start, message), order: UInt32(truncatingIfNeeded: message))
      return
    }
    let posted = start + way.overhead
    messagePosts[message] = posted
    if way.isLone {
      complete(ends, at: way.arrival(posted: posted, bytes: ends.bytes))
    } else {
      schedule(EventKind.activation, message, at: posted + way.latency)
    }
  }

  private mutating func handle(_ event: EventQueue.Event) {
    let index = Int(event.payload & EventKind.mask)
    switch event.payload >> EventKind.shift {
    case EventKind.start: post(index)
    case EventKind.activation: activate(index)
    default:
      // The index is a link; an event that a later change of level has overtaken no longer carries its sequence.
      if arrivalSequences[index] == event.sequence { arrive(onLink: Int32(index)) }
    }
  }

  /// Has the sender's software post a message after all that it posted before.
  private mutating func post(_ message: Int) {
    let way = ways[Int(plan.routeOfMessage[message])]
    let sender = Int(program.messages[message].from)
    let posted = max(now, postedUntil[sender]) + way.overhead
    postedUntil[sender] = posted
    messagePosts[message] = posted
    schedule(EventKind.activation, message, at: posted + way.latency)
  }

  /// Lets the bytes of a message flow.
  private mutating func activate(_ message: Int) {
    let ends = program.messages[message]
    let route = plan.routeOfMessage[message]
    guard ends.bytes > 0, ways[Int(route)].bandwidth < .infinity else {
      complete(ends, at: now)
      return
    }
    let flow = network.insert(route: route)
    while slotMessages.count <= Int(flow) { slotMessages.append(-1) }
    slotMessages[Int(flow)] = Int32(message)
    // A flow that meets others gets its rate, and its arrival, when the instant's events are all in.
    progress.start(flow, bytes: Double(ends.bytes), network: network, at: now)
  }

  /// Has every message arrive whose bytes a link has served by now.
  private mutating func arrive(onLink link: Int32) {
    while let flow = progress.popFinished(onLink: link, at: now) {
      network.remove(flow)
      complete(program.messages[Int(slotMessages[Int(flow)])], at: now)
    }
  }

  @inline(__always)
  private mutating func complete(_ ends: Message, at time: Double) {
    finish(Int(ends.receive), at: time)
    finish(Int(ends.send), at: time)
  }

  /// Shares the links anew where flows have come or gone, and moves the arrivals that this changes.
  private mutating func shareLevels() {
    if network.needsSharing {
      network.shareLevels()
      progress.update(from: network, at: now)
    }
    for place in progress.movedLinks.indices {
      let link = progress.movedLinks[place]
      let time = progress.nextFinish(ofLink: link)
      let sequence = time < .infinity ? schedule(EventKind.arrival, Int(link), at: time) : .max
      arrivalSequences[Int(link)] = sequence
    }
    progress.clearMovedLinks()
  }

  @inline(__always)
  @discardableResult
  private mutating func schedule(_ kind: UInt32, _ index: Int, at time: Double) -> UInt32 {
    queue.push(time: time, payload: Self.payload(kind, index))
  }

  @inline(__always)
  private static func payload(_ kind: UInt32, _ index: Int) -> UInt32 {
    kind << EventKind.shift | UInt32(truncatingIfNeeded: index)
  }

  // MARK: Deadlock

  /// Describes what waits for what when nothing can happen any more.
  private borrowing func deadlock() -> SimulationError {
    var waiting: [String] = []
    var finished = 0
    for index in 0..<program.count where !finishes[index].isNaN { finished += 1 }
    for message in program.messages where waiting.count < 8 {
      let sendReached = message.send >= 0 && pending[Int(message.send)] == 0
      let receiveReached = message.receive >= 0 && pending[Int(message.receive)] == 0
      guard sendReached != receiveReached else { continue }
      let (reached, missing) = sendReached ? (message.send, message.receive) : (message.receive, message.send)
      let peer = sendReached ? message.to : message.from
      var text = "rank \(program.ranks[Int(reached)]) waits at \(program.line(ofOperation: Int(reached)))"
      if missing < 0 {
        text += " for rank \(peer), which has no such \(sendReached ? "receive" : "send")"
      } else {
        let blockers = program.dependencies(of: OperationID(missing)).filter { finishes[Int($0)].isNaN }
        text += " for rank \(peer), whose #\(missing) waits for "
        text += blockers.map { program.line(ofOperation: Int($0)) }.joined(separator: " and ")
      }
      waiting.append(text)
    }
    return .deadlock(finished: finished, total: program.count, waiting: waiting)
  }
}
