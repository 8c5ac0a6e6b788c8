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
struct Engine {
  let program: Program
  let topology: Topology
  let plan: MessagePlan
  let conditions: Conditions
  let messageConditions: MessageConditions
  let kernelTimes: KernelTimes
  private let successorStarts: [Int32]
  private let successors: [Int32]
  /// Whether lone messages are timed by events too, as those that meet others are.
  let followsClock: Bool
  /// Whether everything is timed by events; see ``Conditions/followEverything``.
  let followsEverything: Bool

  var queue: EventQueue
  var network: FlowNetwork
  var now = 0.0

  // Routes: those of the plan, then those that messages take around failed links.
  var routes: [Route]
  var ways: [Way]

  // Operations. A start is the latest finish among the dependencies seen so far until all have been seen.
  let pending: Column<Int32>
  let starts: Column<Double>
  let finishes: Column<Double>
  let causes: Column<Int32>
  /// The operations whose start is known, in the order in which it became known; each enters once.
  private let known: Column<Int32>
  private var knownCount = 0
  private var handledCount = 0
  private var unfinishedCount: Int
  /// How many messages, kernels and steps of the program are in the queue or on the links.
  var underWayCount = 0

  // Messages.
  let waitsForPeer: Column<Bool>
  let messageStarts: Column<Double>
  let messagePosts: Column<Double>
  let postedUntil: Column<Double>

  // Flows under way. Flows that one link binds share that link's clock, so that an arrival is an event of a link.
  var progress: FlowProgress
  /// For each slot its message; past the program's messages, those of background traffic.
  var slotMessages: ContiguousArray<Int32> = []
  let arrivalSequences: Column<UInt32>

  // What only some conditions need.
  var devices: BusyDevices
  var inboxes: Inboxes
  var outages: Outages
  var background: BackgroundTraffic
  var watchdog: Watchdog
  /// Why the run can't go on.
  var failure: SimulationError?

  /// What an event's payload says: the kind in its upper bits, and an index.
  enum EventKind {
    /// A message's two sides have been reached; the index is the message's.
    static let start: UInt32 = 0
    /// A message's bytes begin to flow; the index is the message's.
    static let activation: UInt32 = 1
    /// A flow is done; the index is that of the link that binds it.
    static let arrival: UInt32 = 2
    /// A link changes; the index is that of the first of the instant's changes.
    static let change: UInt32 = 3
    /// A message of background traffic starts; the index is that of its flow.
    static let background: UInt32 = 4
    /// A side of a message has been reached; the index is the operation's.
    static let reach: UInt32 = 5
    /// A kernel starts; the index is the operation's.
    static let kernelStart: UInt32 = 6
    /// A kernel ends; the index is the rank's.
    static let kernelEnd: UInt32 = 7
    static let shift: UInt32 = 29
    static let mask: UInt32 = (1 << 29) - 1
  }

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - program: The program; has no more ranks than the topology has devices.
  ///   - topology: The cluster.
  ///   - plan: The routes of the program's messages.
  ///   - conditions: What the run meets.
  ///   - followsClock: Whether lone messages are timed by events too, as those that meet others are.
  private init(
    program: Program, topology: Topology, plan: MessagePlan, conditions: Conditions, followsClock: Bool
  ) {
    self.program = program
    self.topology = topology
    self.conditions = conditions
    self.plan = plan
    followsEverything = conditions.followEverything
    self.followsClock = followsClock || followsEverything
    messageConditions = MessageConditions(topology: topology, conditions: conditions)
    let followsLone = self.followsClock
    routes = plan.routes
    ways = zip(plan.routes, plan.isLone).map { plan.links.way(of: $0, isLone: $1 && !followsLone) }
    network = FlowNetwork(
      capacities: plan.links.capacities, longestRoute: plan.routes.lazy.map { $0.links.count }.max() ?? 1)
    for route in plan.routes { _ = network.addRoute(plan.links.resources(of: route)) }
    queue = EventQueue(capacity: 4 * program.worldSize)
    progress = FlowProgress(linkCount: topology.graph.links.count)
    arrivalSequences = Column(repeating: .max, count: topology.graph.links.count)

    let count = program.count
    let delays = (0..<program.worldSize).map { conditions.startDelay(ofRank: $0) }
    unfinishedCount = count
    pending = Column(repeating: 0, count: count)
    starts = Column(repeating: 0, count: count)
    finishes = Column(repeating: .nan, count: count)
    causes = Column(repeating: -1, count: count)
    known = Column(repeating: 0, count: count)
    (successorStarts, successors) = Self.successors(of: program)
    kernelTimes = KernelTimes(program: program, topology: topology, conditions: conditions)
    waitsForPeer = Column(repeating: false, count: program.messages.count)
    messageStarts = Column(repeating: .nan, count: program.messages.count)
    messagePosts = Column(repeating: .nan, count: program.messages.count)
    postedUntil = Column(repeating: 0, count: program.worldSize)
    devices = BusyDevices(program: program, conditions: conditions)
    inboxes = Inboxes(program: program, conditions: conditions)
    outages = Outages(topology: topology, conditions: conditions)
    background = BackgroundTraffic(conditions: conditions)
    watchdog = Watchdog(patience: 100_000 + 64 * (count + topology.graph.links.count))
    for index in 0..<count {
      pending[index] = program.dependencyStarts[index + 1] - program.dependencyStarts[index]
      starts[index] = delays[Int(program.ranks[index])]
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
  ///   - conditions: What the run meets beside the cluster as described.
  ///   - followsClock: Whether lone messages are timed by events too; the result is the same.
  static func run(
    _ program: Program, on topology: Topology, under conditions: Conditions = Conditions(), followsClock: Bool = false
  ) throws(SimulationError) -> Timeline {
    guard program.worldSize <= topology.deviceCount else {
      throw .tooFewDevices(needed: program.worldSize, available: topology.deviceCount)
    }
    guard program.count < Int(EventKind.mask) else { throw .tooManyEvents }
    let plan = try MessagePlan(program: program, topology: topology, conditions: conditions)
    if !followsClock, plan.needsNoClock, !conditions.needClock,
      let timeline = try Walk.run(program, on: topology, plan: plan, conditions: conditions)
    {
      return timeline
    }
    var engine = Engine(
      program: program, topology: topology, plan: plan, conditions: conditions, followsClock: followsClock)
    return try engine.run()
  }

  private mutating func run() throws(SimulationError) -> Timeline {
    scheduleConditions()
    for index in 0..<program.count where pending[index] == 0 { know(index) }
    handleKnown()
    while unfinishedCount > 0, let event = queue.pop() {
      if event.time > now { watchdog.progressed() }
      now = event.time
      handle(event)
      handleKnown()
      if queue.nextTime > now { shareLevels() }
      guard !queue.isExhausted else { throw .tooManyEvents }
      if let failure { throw failure }
      guard watchdog.isContent else { throw .noProgress(at: Seconds(now), events: watchdog.count) }
      if background.isEndless, underWayCount == 0, unfinishedCount > 0 { break }
    }
    guard unfinishedCount == 0 else { throw deadlock() }
    let finishes = finishes.array
    let ledger = try MemoryLedger(program: program, finishes: finishes)
    return Timeline(
      starts: starts.array, finishes: finishes, causes: causes.array, messageStarts: messageStarts.array,
      messagePosts: messagePosts.array, routeOfMessage: plan.routeOfMessage, routes: routes,
      holds: followsEverything ? devices.holds.array : [], legs: outages.legs,
      backgroundTransfers: transfersOfBackground(), ledger: ledger)
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
        if devices.slowKernels, isSlowedByMessages(index) {
          underWayCount += 1
          schedule(EventKind.kernelStart, index, at: starts[index])
          continue
        }
        let seconds = kernelTimes.seconds(
          kernel: Int(program.subjects[index]), rank: Int(program.ranks[index]), operation: index)
        finish(index, at: starts[index] + seconds)
      case .send, .receive:
        let message = Int(program.subjects[index])
        if inboxes.areInUse {
          underWayCount += 1
          queue.pushLast(
            time: starts[index], payload: Self.payload(EventKind.reach, index),
            order: UInt32(truncatingIfNeeded: index))
        } else if waitsForPeer[message] {
          begin(message)
        } else {
          waitsForPeer[message] = true
        }
      case .allocate, .free:
        finish(index, at: starts[index])
      }
    }
  }

  /// Sets the finish of an operation, and makes known what waited for nothing else.
  @inline(__always)
  mutating func finish(_ index: Int, at time: Double) {
    finishes[index] = time
    unfinishedCount -= 1
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

  private mutating func handle(_ event: EventQueue.Event) {
    let index = Int(event.payload & EventKind.mask)
    switch event.payload >> EventKind.shift {
    case EventKind.start: post(index)
    case EventKind.activation: activate(index)
    case EventKind.arrival:
      // An event that a later change of level has overtaken no longer carries its link's sequence.
      if arrivalSequences[index] == event.sequence { arrive(onLink: Int32(index)) }
    case EventKind.change: changeLinks(from: index)
    case EventKind.background: startBackground(index)
    case EventKind.reach: reach(index)
    case EventKind.kernelStart: startKernel(index)
    default: endKernel(ofRank: index, sequence: event.sequence)
    }
  }

  @inline(__always)
  @discardableResult
  mutating func schedule(_ kind: UInt32, _ index: Int, at time: Double) -> UInt32 {
    queue.push(time: time, payload: Self.payload(kind, index))
  }

  @inline(__always)
  static func payload(_ kind: UInt32, _ index: Int) -> UInt32 {
    kind << EventKind.shift | UInt32(truncatingIfNeeded: index)
  }
}
