import CPUNumerics
import Programs
import Quantities
import Workloads

/// Runs a program on devices: the very operations that the simulator times.
///
///     let executor = try DeviceExecutor(program, workload: workload, sessions: sessions, devices: [0, 1, 2, 3])
///     try executor.load(numbers)
///     let time = try executor.run(asGraph: false)
///     try executor.output(ofRank: 0)
///
/// Each stream of a rank is a queue of its device; dependencies between queues are events, also those between devices. A
/// message is a copy from the sender's memory to the receiver's on the sender's queue, which waits until both sides have
/// been reached. Kernels are those of ``StepKernels``: reductions that a collective would do inside its own kernel are
/// launches of their own here. Buffers lie in one allocation a rank, planned ahead (``ArenaPlan``), so that nothing is
/// allocated while the step runs. Inputs that the program overwrites, as ring decoding does with its shards, are kept apart
/// and put back by ``restore()``.
///
/// A library could take the place of a collective's messages where a region names its reduction (`Region.reduction`): its
/// steps are those of ``QueuePlan`` whose operations are of the region.
public final class DeviceExecutor {
  private enum Work {
    case launches([StepKernels.Launch])
    case copy(message: Int, from: Slice, to: Slice)
  }

  /// The program.
  public let program: Program
  /// The step that it computes.
  public let workload: AttentionWorkload
  /// The place of each rank's device in the sessions.
  public let devices: [Int]
  /// The most bytes of live buffers on each rank, in the order in which operations are launched.
  public let peakBytesByRank: [Bytes]
  /// The memory that each rank's buffers lie in.
  public let arenaBytesByRank: [Bytes]
  /// The memory beside it on each rank for the states of splits, and for inputs that are put back.
  public let scratchBytesByRank: [Bytes]
  /// The bytes that were copied between ranks each time, by sender and receiver.
  public let bytesByPair: [[Bytes]]
  /// Whether every device reaches every other one's memory; copies go through the host's memory where not.
  public let hasPeerAccess: Bool
  /// How many launches and copies a step is.
  public let launchCount: Int

  private let sessions: [DeviceSession]
  private let plan: QueuePlan
  private let arena: ArenaPlan
  private let arenas: [DeviceBuffer]
  private let queues: [DeviceQueue]
  private let work: [Work]
  /// An event of each step that another waits for.
  private let events: [DeviceEvent?]
  private let start: DeviceEvent
  private let ends: [DeviceEvent]
  /// The inputs that the program overwrites: the buffer and a copy of it.
  private let kept: [(buffer: Int, copy: DeviceBuffer)]
  // The states of splits, a queue each, which live as long as what is launched.
  private let scratch: [Int: DeviceBuffer]
  private var graph: LaunchGraph?

  /// Plans a program and takes the memory that it needs.
  ///
  /// - Parameters:
  ///   - program: The program; it must have been built with its operands.
  ///   - workload: The step that it computes, with one query token.
  ///   - sessions: Devices with their kernels loaded.
  ///   - devices: For each rank its device's place in `sessions`; several ranks may share one.
  /// - Throws: ``CUDAError``: `program` for what there are no kernels for, `outOfMemory`, and others.
  public init(
    _ program: Program, workload: AttentionWorkload, sessions: [DeviceSession], devices: [Int]
  ) throws(CUDAError) {
    let plan = try QueuePlan(program)
    let arena = ArenaPlan(program, order: plan.order)
    (self.program, self.workload, self.sessions, self.devices) = (program, workload, sessions, devices)
    (self.plan, self.arena) = (plan, arena)
    hasPeerAccess = try Self.enableAccess(among: Set(devices).sorted().map { sessions[$0] })
    var arenas: [DeviceBuffer] = []
    for rank in 0..<program.worldSize {
      arenas.append(try sessions[devices[rank]].allocate(arena.sizes[rank], for: "the buffers of rank \(rank)"))
    }
    self.arenas = arenas
    var queues: [DeviceQueue] = []
    for queue in plan.queues { queues.append(try DeviceQueue(sessions[devices[queue.rank]])) }
    self.queues = queues

    func address(_ slice: Slice) -> UInt64 {
      let buffer = Int(slice.buffer.index)
      let entry = program.buffers[buffer]
      return arenas[Int(entry.rank)].address
        + UInt64(arena.offsets[buffer] + Int(slice.offset) * entry.type.size)
    }
    let most = StepKernels(program, workload, address: address) { (name) throws(CUDAError) in
      try sessions[0].residentBlocks(name)
    }
    var scratchBytes: [Int: Int] = [:]
    for step in plan.steps {
      scratchBytes[step.queue] = max(scratchBytes[step.queue, default: 0], try most.scratchBytes(of: step.operation))
    }
    var scratchByRank = [Int64](repeating: 0, count: program.worldSize)
    var scratch: [Int: DeviceBuffer] = [:]
    for (queue, bytes) in scratchBytes.sorted(by: { $0.key < $1.key }) where bytes > 0 {
      scratch[queue] = try queues[queue].session.allocate(bytes, for: "the states of splits")
      scratchByRank[plan.queues[queue].rank] += Int64(bytes)
    }
    self.scratch = scratch

    var work: [Work] = []
    var written: Set<Int> = []
    var pairs = [[Int64]](
      repeating: [Int64](repeating: 0, count: program.worldSize), count: program.worldSize)
    for step in plan.steps {
      let operation = step.operation
      if program.kinds[operation] == .compute {
        let operands = Array(program.operands(of: OperationID(Int32(operation))))
        let state = operands.count == 5 ? Int(operands[3].buffer.index) : nil
        work.append(
          .launches(
            try most.launches(
              of: operation, scratch: scratch[step.queue]?.address ?? 0,
              isFresh: state.map { !written.contains($0) } ?? true)))
        for (slice, access) in program.accesses(of: operation) where access.writes {
          written.insert(Int(slice.buffer.index))
        }
      } else {
        let index = Int(program.subjects[operation])
        let message = program.messages[index]
        guard let from = program.operands(of: OperationID(message.send)).first,
          let to = program.operands(of: OperationID(message.receive)).first
        else { throw .program("the program keeps no operands") }
        guard program.buffers[Int(from.buffer.index)].type == program.buffers[Int(to.buffer.index)].type else {
          throw .program("\(program.line(ofOperation: operation)) would change the type of what it carries")
        }
        work.append(.copy(message: index, from: from, to: to))
        written.insert(Int(to.buffer.index))
        pairs[Int(message.from)][Int(message.to)] +=
          from.count * Int64(program.buffers[Int(from.buffer.index)].type.size)
      }
    }
    self.work = work
    bytesByPair = pairs.map { $0.map { Bytes($0) } }
    guard zip(pairs, program.bytesSentByRank).allSatisfy({ Bytes($0.reduce(0, +)) == $1 }) else {
      throw .program("its messages have other sizes than what they carry")
    }
    launchCount = work.reduce(0) { sum, work in
      if case .launches(let launches) = work { sum + launches.count } else { sum + 1 }
    }

    var kept: [(buffer: Int, copy: DeviceBuffer)] = []
    for buffer in written.sorted() where program.buffers[buffer].persistent {
      let entry = program.buffers[buffer]
      let bytes = Int(entry.bytes.count)
      kept.append(
        (buffer, try sessions[devices[Int(entry.rank)]].allocate(bytes, for: "inputs that the program overwrites")))
      scratchByRank[Int(entry.rank)] += Int64(bytes)
    }
    self.kept = kept
    var events: [DeviceEvent?] = []
    for step in plan.steps {
      events.append(step.isAwaited ? try queues[step.queue].session.event(isTimed: false) : nil)
    }
    self.events = events
    start = try sessions[devices[0]].event(isTimed: false)
    var ends: [DeviceEvent] = []
    for queue in queues { ends.append(try queue.session.event(isTimed: false)) }
    self.ends = ends
    peakBytesByRank = arena.peaks
    arenaBytesByRank = arena.sizes.map { Bytes(Int64($0)) }
    scratchBytesByRank = scratchByRank.map { Bytes($0) }
  }

  private static func enableAccess(among sessions: [DeviceSession]) throws(CUDAError) -> Bool {
    var all = true
    for session in sessions {
      for peer in sessions where peer !== session { all = try session.enableAccess(to: peer) && all }
    }
    return all
  }

  // MARK: Numbers

  /// Puts the queries, keys and values of the tokens that the program says they hold into the input buffers.
  ///
  /// - Parameter step: The numbers of the workload.
  /// - Throws: ``CUDAError``; `FastAttentionError` for a type that devices don't read.
  public func load(_ step: StepNumbers) throws {
    for (index, buffer) in program.buffers.enumerated() {
      guard let tokens = program.tokens(heldBy: BufferID(Int32(index))) else { continue }
      let numbers =
        program.labels[Int(buffer.label)] == "queries" ? step.queries(tokens: tokens) : step.cache(tokens: tokens)
      guard numbers.count <= Int(buffer.elements) else {
        throw CUDAError.program(
          "\(program.name(of: BufferID(Int32(index)))) takes \(buffer.elements) elements, found \(numbers.count)")
      }
      let elements = try CacheElements(numbers, as: buffer.type)
      try arenas[Int(buffer.rank)].write(elements, at: arena.offsets[index])
      for (kept, copy) in kept where kept == index { try copy.write(elements, at: 0) }
    }
  }

  /// Puts the inputs back that the program has overwritten, and waits until they are there.
  ///
  /// - Throws: ``CUDAError``.
  public func restore() throws(CUDAError) {
    for (buffer, copy) in kept {
      let rank = Int(program.buffers[buffer].rank)
      try copy.session.copy(copy.byteCount, to: arenas[rank], at: arena.offsets[buffer], from: copy)
    }
    for session in sessionsInUse { try session.synchronize("putting inputs back") }
  }

  /// The output of a rank, batch × query heads × value dim: what its last kernel has written.
  ///
  /// - Throws: ``CUDAError``.
  public func output(ofRank rank: Int) throws(CUDAError) -> [Float] {
    let last = (0..<program.count).last { program.kinds[$0] == .compute && Int(program.ranks[$0]) == rank }
    guard let last, let target = program.operands(of: OperationID(Int32(last))).last else {
      throw .program("rank \(rank) makes no output")
    }
    let buffer = Int(target.buffer.index)
    let type = program.buffers[buffer].type
    let place = arena.offsets[buffer] + Int(target.offset) * type.size
    let count = Int(target.count)
    switch type {
    case .bf16: return CacheElements.bf16(try arenas[rank].read(count, as: UInt16(0), at: place)).numbers
    case .fp16: return CacheElements.fp16(try arenas[rank].read(count, as: UInt16(0), at: place)).numbers
    case .fp32: return try arenas[rank].read(count, as: Float(0), at: place)
    case .fp8: throw .program("outputs of fp8 can't be read")
    }
  }

  // MARK: Running

  /// The device whose clock times the step: that of rank 0.
  public var clock: DeviceSession { sessions[devices[0]] }

  /// The devices that have ranks.
  var sessionsInUse: [DeviceSession] { Set(devices).sorted().map { sessions[$0] } }

  /// Records the whole step as one graph, which ``run(asGraph:)`` starts then.
  ///
  /// - Throws: ``CUDAError``.
  public func record() throws(CUDAError) {
    graph = try clock.graph { () throws(CUDAError) in try self.enqueue() }
  }

  /// Runs the step once and waits for its end.
  ///
  /// - Parameter asGraph: Whether to start the graph that was recorded; otherwise operations are launched one by one.
  /// - Returns: The time on rank 0's device from before the first operation of any rank to after the last.
  /// - Throws: ``CUDAError``.
  public func run(asGraph: Bool) throws(CUDAError) -> Seconds {
    let time = try clock.time("running the step") { () throws(CUDAError) in
      if asGraph, let graph { try self.clock.launch(graph) } else { try self.enqueue() }
    }
    // The clock's device has seen the end of every queue; what another device has lost shows only there.
    for session in sessionsInUse { try session.synchronize("ending the step") }
    return time
  }

  /// Runs the step once, operation by operation, and compares what every message brought with what was sent, to the bit:
  /// a wrong byte of a cache can hide in the rounding of an output.
  ///
  /// - Throws: ``CUDAError/wrongStep(_:problem:)`` naming the message that differs.
  func runComparingMessages(_ label: String) throws(CUDAError) {
    try enqueue { (step, message, from, to) throws(CUDAError) in
      try step.session.synchronize("comparing messages", on: step)
      let size = self.program.buffers[Int(from.buffer.index)].type.size
      func bytes(_ slice: Slice) throws(CUDAError) -> [UInt8] {
        let buffer = Int(slice.buffer.index)
        return try self.arenas[Int(self.program.buffers[buffer].rank)].read(
          Int(slice.count) * size, as: UInt8(0), at: self.arena.offsets[buffer] + Int(slice.offset) * size)
      }
      guard try bytes(from) == bytes(to) else {
        let line = self.program.line(ofOperation: Int(self.program.messages[message].send))
        throw .wrongStep(label, problem: "what has arrived is not what was sent: \(line)")
      }
    }
    for session in sessionsInUse { try session.synchronize("ending the step") }
  }

  /// Puts the whole step on the queues: all of them start at one place of rank 0's device, and that waits for all.
  ///
  /// - Parameter copied: Sees each copy that has been put on a queue.
  private func enqueue(
    copied: (_ queue: DeviceQueue, _ message: Int, _ from: Slice, _ to: Slice) throws(CUDAError) -> Void = {
      (_, _, _, _) throws(CUDAError) in
    }
  ) throws(CUDAError) {
    try clock.record(start)
    for queue in queues { try queue.session.wait(for: start, on: queue) }
    for (place, step) in plan.steps.enumerated() {
      let queue = queues[step.queue]
      for awaited in step.waits {
        if let event = events[awaited] { try queue.session.wait(for: event, on: queue) }
      }
      switch work[place] {
      case .launches(let launches):
        for launch in launches {
          try queue.session.launch(
            launch.name, grid: (launch.x, launch.y, launch.z), splits: launch.splits, launch.arguments, on: queue)
        }
      case .copy(let message, let from, let to):
        let (source, target) = (Int(from.buffer.index), Int(to.buffer.index))
        let size = program.buffers[source].type.size
        guard from.count > 0 else { break }
        try queue.session.copy(
          Int(from.count) * size, to: arenas[Int(program.buffers[target].rank)],
          at: arena.offsets[target] + Int(to.offset) * size, from: arenas[Int(program.buffers[source].rank)],
          at: arena.offsets[source] + Int(from.offset) * size, on: queue)
        try copied(queue, message, from, to)
      }
      if let event = events[place] { try queue.session.record(event, on: queue) }
    }
    for (queue, end) in zip(queues, ends) {
      try queue.session.record(end, on: queue)
      try clock.wait(for: end)
    }
  }
}
