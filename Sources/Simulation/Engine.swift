import Programs
import Quantities
import Topologies

/// The state of one run: executes a program event by event.
///
/// Three things happen at a point in time: a kernel ends, a message's overhead and latency are over and its bytes
/// start to flow, or a flow ends. Everything that these make ready starts at once; rates are shared anew once all
/// events of one instant have been handled.
struct Engine {
  private let program: Program
  private let routes: RouteTable
  private let successorStarts: [Int32]
  private let successors: [Int32]
  private let durations: [Double]

  private var queue: EventQueue
  private var network: FlowNetwork
  private var now = 0.0
  private var finishedCount = 0

  // Operations.
  private var pending: [Int32]
  private var starts: [Double]
  private var finishes: [Double]
  private var causes: [Int32]
  private var ready: [Int32] = []

  // Messages.
  private var waitsForPeer: [Bool]
  private var messageStarts: [Double]
  private var messagePosts: [Double]
  /// When each rank has posted all messages that it has started so far.
  private var postedUntil: [Double]
  private var slots: [Int32]
  private var remaining: [Double]
  private var updated: [Double]
  private var flowRates: [Double]
  private var finishSequences: [UInt32]
  private var slotMessages: [Int32] = []
  private var ledger: MemoryLedger

  private enum EventKind {
    static let kernel: UInt32 = 0
    static let activation: UInt32 = 1
    static let arrival: UInt32 = 2
    static let shift: UInt32 = 30
    static let mask: UInt32 = (1 << 30) - 1
  }

  init(program: Program, topology: Topology) throws(SimulationError) {
    guard program.worldSize <= topology.deviceCount else {
      throw .tooFewDevices(needed: program.worldSize, available: topology.deviceCount)
    }
    guard program.count < Int(EventKind.mask) else { throw .tooManyEvents }
    self.program = program
    routes = try RouteTable(program: program, topology: topology)
    let graph = topology.graph
    var network = FlowNetwork(
      capacities: graph.links.indices.lazy.map { graph.payloadBandwidth(ofLink: $0).bytesPerSecond },
      longestRoute: routes.routes.map(\.links.count).max() ?? 1)
    for route in routes.routes { _ = network.addRoute(route.links) }
    self.network = network

    let count = program.count
    var starts = [Int32](repeating: 0, count: count + 1)
    for dependency in program.dependencies { starts[Int(dependency) + 1] += 1 }
    for index in 0..<count { starts[index + 1] += starts[index] }
    var fill = starts
    var successors = [Int32](repeating: 0, count: program.dependencies.count)
    var pending = [Int32](repeating: 0, count: count)
    for index in 0..<count {
      let from = Int(program.dependencyStarts[index])
      let to = Int(program.dependencyStarts[index + 1])
      pending[index] = Int32(to - from)
      for place in from..<to {
        let dependency = Int(program.dependencies[place])
        successors[Int(fill[dependency])] = Int32(index)
        fill[dependency] += 1
      }
    }
    successorStarts = starts
    self.successors = successors
    self.pending = pending
    self.starts = [Double](repeating: .nan, count: count)
    finishes = [Double](repeating: .nan, count: count)
    causes = [Int32](repeating: -1, count: count)
    durations = Self.kernelDurations(program: program, topology: topology)

    let messages = program.messages.count
    queue = EventQueue(capacity: 4 * program.worldSize)
    waitsForPeer = [Bool](repeating: false, count: messages)
    messageStarts = [Double](repeating: .nan, count: messages)
    messagePosts = [Double](repeating: .nan, count: messages)
    postedUntil = [Double](repeating: 0, count: program.worldSize)
    slots = [Int32](repeating: -1, count: messages)
    remaining = []
    updated = []
    flowRates = []
    finishSequences = []
    ledger = MemoryLedger(program: program)
  }

  /// The time of each compute operation on its rank's device; zero for other operations.
  private static func kernelDurations(program: Program, topology: Topology) -> [Double] {
    let kernelCount = program.kernels.count
    var table = [Double](repeating: 0, count: kernelCount * topology.profiles.count)
    for (profileIndex, profile) in topology.profiles.enumerated() {
      for (kernelIndex, kernel) in program.kernels.enumerated() {
        let roofline = profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
        let launch = kernel.launched ? profile.launchOverhead : .zero
        table[profileIndex * kernelCount + kernelIndex] = (launch + roofline).seconds
      }
    }
    let profileOfRank = topology.devices.prefix(program.worldSize).map(\.profile)
    return (0..<program.count).map { index in
      guard program.kinds[index] == .compute else { return 0 }
      return table[profileOfRank[Int(program.ranks[index])] * kernelCount + Int(program.subjects[index])]
    }
  }

  // MARK: Running

  /// Runs the program to its end.
  mutating func run() throws(SimulationError) -> Timeline {
    for index in 0..<program.count where pending[index] == 0 { ready.append(Int32(index)) }
    // Operations become ready in program order, also those of the first instant.
    ready.reverse()
    try startReady()
    while let event = queue.pop() {
      now = event.time
      try handle(event)
      if queue.nextTime > now, network.needsSharing { shareRates() }
      guard !queue.isExhausted else { throw .tooManyEvents }
    }
    guard finishedCount == program.count else { throw deadlock() }
    return Timeline(
      starts: starts, finishes: finishes, causes: causes, messageStarts: messageStarts, messagePosts: messagePosts,
      routeOfMessage: routes.routeOfMessage, routes: routes.routes, ledger: ledger)
  }

  private mutating func handle(_ event: EventQueue.Event) throws(SimulationError) {
    let index = event.payload & EventKind.mask
    switch event.payload >> EventKind.shift {
    case EventKind.kernel:
      finish(Int32(index))
    case EventKind.activation:
      activate(Int(index))
    default:
      // The index is a slot; an event that a later change of rate has overtaken no longer carries its sequence.
      guard finishSequences[Int(index)] == event.sequence else { return }
      arrive(slot: Int32(index))
    }
    try startReady()
  }

  /// Starts every operation that has become ready, in the order in which they did.
  private mutating func startReady() throws(SimulationError) {
    while let operation = ready.popLast() {
      let index = Int(operation)
      starts[index] = now
      let subject = Int(program.subjects[index])
      switch program.kinds[index] {
      case .compute:
        let duration = durations[index]
        if duration > 0 {
          schedule(EventKind.kernel, UInt32(index), at: now + duration)
        } else {
          finish(operation)
        }
      case .send, .receive:
        if waitsForPeer[subject] {
          startMessage(subject)
        } else {
          waitsForPeer[subject] = true
        }
      case .allocate:
        guard ledger.allocate(subject, of: program.buffers[subject], operation: operation, at: now) else {
          throw .badBufferLife(operation: program.line(ofOperation: index))
        }
        finish(operation)
      case .free:
        guard ledger.free(subject, of: program.buffers[subject], operation: operation) else {
          throw .badBufferLife(operation: program.line(ofOperation: index))
        }
        finish(operation)
      }
    }
  }

  private mutating func finish(_ operation: Int32) {
    let index = Int(operation)
    finishes[index] = now
    finishedCount += 1
    let from = Int(successorStarts[index])
    let to = Int(successorStarts[index + 1])
    // Later successors are pushed first, so that the stack hands them out in program order.
    var place = to
    while place > from {
      place -= 1
      let successor = Int(successors[place])
      pending[successor] -= 1
      if pending[successor] == 0 {
        causes[successor] = operation
        ready.append(Int32(successor))
      }
    }
  }

  // MARK: Messages

  private mutating func startMessage(_ message: Int) {
    messageStarts[message] = now
    let route = routes.routes[Int(routes.routeOfMessage[message])]
    // One processor posts a rank's messages: those of one instant wait for each other, as LogP's o has it.
    let sender = Int(program.messages[message].from)
    let posted = max(now, postedUntil[sender]) + route.messageOverhead.seconds
    if route.messageOverhead > .zero { postedUntil[sender] = posted }
    messagePosts[message] = route.messageOverhead > .zero ? posted : now
    schedule(EventKind.activation, UInt32(message), at: messagePosts[message] + route.latency.seconds)
  }

  private mutating func activate(_ message: Int) {
    let bytes = program.messages[message].bytes
    let route = routes.routeOfMessage[message]
    guard bytes > 0, !routes.routes[Int(route)].links.isEmpty else {
      complete(message)
      return
    }
    let slot = Int(network.insert(route: route))
    slots[message] = Int32(slot)
    while slotMessages.count <= slot {
      slotMessages.append(-1)
      remaining.append(0)
      updated.append(0)
      flowRates.append(0)
      finishSequences.append(.max)
    }
    slotMessages[slot] = Int32(message)
    remaining[slot] = Double(bytes)
    updated[slot] = now
    let rate = network.rate(of: Int32(slot))
    flowRates[slot] = rate
    if rate > 0 {
      finishSequences[slot] = schedule(EventKind.arrival, UInt32(slot), at: now + remaining[slot] / rate)
    } else {
      finishSequences[slot] = .max
    }
  }

  private mutating func arrive(slot: Int32) {
    let message = Int(slotMessages[Int(slot)])
    finishSequences[Int(slot)] = .max
    network.remove(slot)
    complete(message)
  }

  private mutating func complete(_ message: Int) {
    finish(program.messages[message].receive)
    finish(program.messages[message].send)
  }

  /// Shares the links anew and moves the arrivals of the flows whose rates changed.
  private mutating func shareRates() {
    network.share()
    for flow in network.changedFlows {
      let slot = Int(flow)
      remaining[slot] = max(0, remaining[slot] - flowRates[slot] * (now - updated[slot]))
      updated[slot] = now
      let rate = network.rate(of: flow)
      flowRates[slot] = rate
      finishSequences[slot] = schedule(EventKind.arrival, UInt32(slot), at: now + remaining[slot] / rate)
    }
  }

  @inline(__always)
  @discardableResult
  private mutating func schedule(_ kind: UInt32, _ index: UInt32, at time: Double) -> UInt32 {
    queue.push(time: time, payload: kind << EventKind.shift | index)
  }

  // MARK: Deadlock

  /// Describes what waits for what when nothing can happen any more.
  private func deadlock() -> SimulationError {
    var waiting: [String] = []
    for message in program.messages where waiting.count < 8 {
      let sendReached = message.send >= 0 && !starts[Int(message.send)].isNaN
      let receiveReached = message.receive >= 0 && !starts[Int(message.receive)].isNaN
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
    return .deadlock(finished: finishedCount, total: program.count, waiting: waiting)
  }
}
