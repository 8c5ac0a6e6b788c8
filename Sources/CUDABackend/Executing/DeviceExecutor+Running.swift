import CPUNumerics
import Programs
import Quantities

extension DeviceExecutor {
  /// The device whose clock times the step: that of the first rank of this process.
  public var clock: DeviceSession { clockEvents.begin.session }

  /// The ranks of this process.
  var ranks: [Int] { devices.indices.filter { devices[$0] != nil } }

  /// The devices that have ranks.
  var sessionsInUse: [DeviceSession] { Set(devices.compactMap { $0 }).sorted().map { sessions[$0] } }

  /// Records what this process has of the step as one graph, which ``run(asGraph:)`` starts then: with the events that time
  /// it, as between events around it the host's launch of the graph would be timed too.
  ///
  /// - Throws: ``CUDAError``.
  public func record() throws(CUDAError) {
    guard !ranks.isEmpty else { return }
    graph = try clock.graph { () throws(CUDAError) in
      try self.startTogether()
      try self.clock.recordInGraph(self.clockEvents.begin)
      try self.enqueue()
      try self.clock.recordInGraph(self.clockEvents.end)
    }
  }

  /// Runs the step once and waits for its end.
  ///
  /// Where other processes have ranks too, all begin together after an all-reduce of one element.
  ///
  /// - Parameter asGraph: Whether to start the graph that was recorded; otherwise operations are launched one by one.
  /// - Returns: The time on the clock's device from before the first operation of any rank of this process to after the last.
  /// - Throws: ``CUDAError``.
  public func run(asGraph: Bool) throws(CUDAError) -> Seconds {
    let purpose = "running the step"
    if asGraph, let graph {
      try clock.launch(graph)
    } else {
      try startTogether()
      try clock.record(clockEvents.begin)
      try enqueue()
      try clock.record(clockEvents.end)
    }
    // Events of a graph still tell of its last run until this one comes to them.
    try clock.record(finish)
    try wait(for: finish, purpose)
    // The clock's device has seen the end of every queue; what another device has lost shows only there.
    for session in sessionsInUse { try session.synchronize("ending the step") }
    return try clockEvents.end.time(since: clockEvents.begin, purpose)
  }

  private func startTogether() throws(CUDAError) {
    if !signals.isEmpty { try group?.start(signals, "starting the step") }
  }

  /// Runs the step once, operation by operation, and compares what every message brought with what was sent, to the bit, and
  /// what every call of NCCL made of numbers with what rounding explains: a wrong byte of a cache, or of a sum, can hide in
  /// the rounding of an output.
  ///
  /// - Parameters:
  ///   - label: The step, for errors.
  ///   - processes: Who has the other ranks.
  /// - Throws: ``CUDAError/wrongStep(_:problem:)`` naming the message or the all-reduce that differs, in all processes.
  func runComparingMessages(_ label: String, _ processes: any CollectiveProcesses) throws {
    var digests = MessageDigests(count: program.messages.count)
    var reductions: [Int: ReductionCheck] = [:]
    // Every process sees all reductions, so that all of them compare the same ones together.
    for step in plan.steps {
      guard case .allReduce(let region) = step.work, let slice = program.regions[region].reduction?.slices.first
      else { continue }
      reductions[region] = ReductionCheck(
        name: program.regions[region].name, reduction: program.regions[region].reduction?.reduction ?? .sum,
        type: program.buffers[Int(slice.buffer.index)].type, count: Int(slice.count), ranks: program.worldSize)
    }
    try processes.limited("checking \(label)") {
      // What NCCL prepares at a first call is better not done while a graph is recorded.
      try startTogether()
      try enqueue { (place) throws(CUDAError) in
        if let part = try self.part(place) { reductions[part.region]?.gives(part.numbers, rank: part.rank) }
      } added: { (place) throws(CUDAError) in
        switch self.work[place] {
        case .launches: return
        case .copy(let message, let from, _):
          try self.waitForQueue(self.plan.steps[place].queue)
          digests.sent(message, try self.bytes(from))
        case .exchange(let sides):
          try self.waitForQueue(self.plan.steps[place].queue)
          for side in sides where side.isSend { digests.sent(side.message, try self.bytes(side.slice)) }
        case .allReduce:
          if let part = try self.part(place) { reductions[part.region]?.gets(part.numbers, rank: part.rank) }
        }
        for arrival in try self.arrivals(place) { digests.arrived(arrival.message, arrival.bytes) }
      }
      for session in sessionsInUse { try session.synchronize("ending the step") }
    }
    digests = MessageDigests(numbers: try processes.largest(digests.numbers))
    if let message = digests.firstDifference {
      throw CUDAError.wrongStep(label, problem: wrongMessageText(message))
    }
    for region in reductions.keys.sorted() {
      try reductions[region]?.complete(processes)
      if let problem = try processes.agreed(reductions[region]?.problem(), rank: ranks.first ?? 0) {
        throw CUDAError.wrongStep(label, problem: problem)
      }
    }
    trace = StepTrace(digests: digests, reductions: reductions)
    trace.lasting = try work.indices.filter { try lasts($0) }
  }

  /// Compares once more, after a run of any kind, what messages brought and what NCCL made of numbers, as far as that still
  /// lies where it was at the end of the run that was compared: the step has the same inputs each time.
  ///
  /// - Parameters:
  ///   - label: The step, for errors.
  ///   - processes: Who has the other ranks.
  /// - Throws: ``CUDAError/wrongStep(_:problem:)``, in all processes.
  func compareWhatLasts(_ label: String, _ processes: any CollectiveProcesses) throws {
    var problem: String?
    for place in trace.lasting where problem == nil {
      switch work[place] {
      case .launches: continue
      case .copy, .exchange:
        if let message = try arrivals(place).first(where: { !trace.digests.hasArrived($0.message, $0.bytes) }) {
          problem = wrongMessageText(message.message)
        }
      case .allReduce:
        guard let part = try part(place), var check = trace.reductions[part.region] else { continue }
        check.gets(part.numbers, rank: part.rank)
        problem = check.problem()
      }
    }
    let sums = trace.reductions.values.filter(\.isSum).sorted { $0.count > $1.count }
    if sums.count == 2, problem == nil {
      for rank in ranks where problem == nil {
        problem = sums[0].problem(
          ofOutput: try output(ofRank: rank), over: sums[1], NumberFormat(workload.type)
        ).map { "\($0), on rank \(rank)" }
      }
    }
    if let problem = try processes.agreed(problem, rank: ranks.first ?? 0) {
      throw CUDAError.wrongStep(label, problem: problem)
    }
  }

  /// Whether what a step has brought to a rank of this process is still there.
  private func lasts(_ place: Int) throws(CUDAError) -> Bool {
    switch work[place] {
    case .launches: return false
    case .copy, .exchange:
      let arrivals = try arrivals(place)
      return !arrivals.isEmpty && arrivals.allSatisfy { trace.digests.hasArrived($0.message, $0.bytes) }
    case .allReduce:
      guard let part = try part(place) else { return false }
      return trace.reductions[part.region]?.has(part.numbers, rank: part.rank) == true
    }
  }

  /// What lies where the messages of a step have arrived on ranks of this process.
  private func arrivals(_ place: Int) throws(CUDAError) -> [(message: Int, bytes: [UInt8])] {
    var found: [(message: Int, bytes: [UInt8])] = []
    guard queues[plan.steps[place].queue] != nil else { return found }
    switch work[place] {
    case .launches, .allReduce: break
    case .copy(let message, _, let to): found.append((message, try bytes(to)))
    case .exchange(let sides):
      for side in sides where !side.isSend { found.append((side.message, try bytes(side.slice))) }
    }
    return found
  }

  /// What a rank of this process has in its part of an all-reduce, once its queue has come there.
  private func part(_ place: Int) throws(CUDAError) -> (region: Int, rank: Int, numbers: [Float])? {
    let step = plan.steps[place]
    let rank = plan.queues[step.queue].rank
    guard case .allReduce(let region) = step.work, case .allReduce(_, let slice) = work[place],
      let memory = arenas[rank]
    else { return nil }
    try waitForQueue(step.queue)
    return (region, rank, try numbers(slice, in: memory))
  }

  private func wrongMessageText(_ message: Int) -> String {
    "what has arrived is not what was sent: \(program.line(ofOperation: Int(program.messages[message].send)))"
  }

  /// Waits until a queue of this process has done all that was put on it.
  private func waitForQueue(_ number: Int) throws(CUDAError) {
    guard let queue = queues[number], let end = ends[number] else { return }
    try queue.session.record(end, on: queue)
    try wait(for: end, "comparing messages")
  }

  private func bytes(_ slice: Slice) throws(CUDAError) -> [UInt8] {
    let (buffer, size) = place(of: slice)
    guard let memory = arenas[Int(program.buffers[buffer].rank)] else { return [] }
    return try memory.read(
      Int(slice.count) * size, as: UInt8(0), at: arena.offsets[buffer] + Int(slice.offset) * size)
  }

  private func place(of slice: Slice) -> (buffer: Int, elementBytes: Int) {
    let buffer = Int(slice.buffer.index)
    return (buffer, program.buffers[buffer].type.size)
  }

  private func address(_ slice: Slice) -> UInt64 {
    let (buffer, size) = place(of: slice)
    return (arenas[Int(program.buffers[buffer].rank)]?.address ?? 0)
      + UInt64(arena.offsets[buffer] + Int(slice.offset) * size)
  }

  /// Waits for an event, while NCCL, where it takes part, is asked for errors.
  private func wait(for event: DeviceEvent, _ purpose: String) throws(CUDAError) {
    if let group { try group.wait(for: [event], purpose) } else { try event.wait(purpose) }
  }

  /// Puts what this process has of the step on its queues: all of them start at one place of the clock's device, and that
  /// waits for all.
  ///
  /// - Parameters:
  ///   - calling: Sees each part of a call before any part of it is made.
  ///   - added: Sees each step that has been put on a queue; of a call all parts have been by then.
  private func enqueue(
    calling: (_ place: Int) throws(CUDAError) -> Void = { (_) throws(CUDAError) in },
    added: (_ place: Int) throws(CUDAError) -> Void = { (_) throws(CUDAError) in }
  ) throws(CUDAError) {
    try clock.record(start)
    for case let queue? in queues { try queue.session.wait(for: start, on: queue) }
    var next = 0
    while next < plan.steps.count {
      let first = next
      next += 1
      if let call = plan.steps[first].call {
        while next < plan.steps.count, plan.steps[next].call == call { next += 1 }
      }
      let places = (first..<next).filter { queues[plan.steps[$0].queue] != nil }
      for place in places { try waitForOthers(place) }
      if plan.steps[first].call != nil {
        for place in places { try calling(place) }
        try call(places)
      } else {
        for place in places { try put(place) }
      }
      for place in places {
        if let event = events[place], let queue = queues[plan.steps[place].queue] {
          try queue.session.record(event, on: queue)
        }
      }
      for place in places { try added(place) }
    }
    for (queue, end) in zip(queues, ends) {
      guard let queue, let end else { continue }
      try queue.session.record(end, on: queue)
      try clock.wait(for: end)
    }
  }

  /// Lets the queue of a step wait for what others must have done.
  private func waitForOthers(_ place: Int) throws(CUDAError) {
    let step = plan.steps[place]
    guard let queue = queues[step.queue] else { return }
    for awaited in step.waits {
      if let event = events[awaited] { try queue.session.wait(for: event, on: queue) }
    }
  }

  /// Puts launches or a copy on their queue.
  private func put(_ place: Int) throws(CUDAError) {
    guard let queue = queues[plan.steps[place].queue] else { return }
    switch work[place] {
    case .launches(let launches):
      for launch in launches {
        try queue.session.launch(
          launch.name, grid: (launch.x, launch.y, launch.z), splits: launch.splits, launch.arguments, on: queue)
      }
    case .copy(_, let from, let to):
      let ((source, size), (target, _)) = (self.place(of: from), self.place(of: to))
      guard from.count > 0, let memory = arenas[Int(program.buffers[source].rank)],
        let other = arenas[Int(program.buffers[target].rank)]
      else { return }
      try queue.session.copy(
        Int(from.count) * size, to: other, at: arena.offsets[target] + Int(to.offset) * size, from: memory,
        at: arena.offsets[source] + Int(from.offset) * size, on: queue)
    case .exchange, .allReduce: return
    }
  }

  /// Makes a call of NCCL for all ranks of this process that take part.
  private func call(_ places: [Int]) throws(CUDAError) {
    guard let group, !places.isEmpty else { return }
    try group.group("communicating in the step") { member throws(CUDAError) in
      guard let place = places.first(where: { plan.queues[plan.steps[$0].queue].rank == member.rank }),
        let queue = queues[plan.steps[place].queue]
      else { return }
      switch work[place] {
      case .exchange(let sides):
        for side in sides {
          let bytes = Int(side.slice.count) * self.place(of: side.slice).elementBytes
          if side.isSend {
            try group.send(bytes, from: address(side.slice), to: side.peer, member, on: queue)
          } else {
            try group.receive(bytes, at: address(side.slice), from: side.peer, member, on: queue)
          }
        }
      case .allReduce(let reduction, let slice):
        try group.allReduce(
          reduction, count: Int(slice.count), type: program.buffers[Int(slice.buffer.index)].type, at: address(slice),
          member, on: queue)
      case .launches, .copy: return
      }
    }
  }
}
