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
/// been reached; reductions that a collective would do inside its own kernel are launches of their own then. With a
/// ``CollectiveGroup`` messages are sends and receives of NCCL, and an all-reduce of all ranks that NCCL can do is one call
/// (`Region.reduction`); ranks may then be those of other processes. Kernels are those of ``StepKernels``. Buffers lie in
/// one allocation a rank, planned ahead (``ArenaPlan``), so that nothing is allocated while the step runs. Inputs that the
/// program overwrites, as ring decoding does with its shards, are kept apart and put back by ``restore()``.
public final class DeviceExecutor {
  enum Work {
    case launches([StepKernels.Launch])
    case copy(message: Int, from: Slice, to: Slice)
    case exchange([Side])
    case allReduce(Reduction, Slice)
  }

  /// A rank's side of a message that is a call.
  struct Side {
    let message: Int
    let peer: Int
    let isSend: Bool
    let slice: Slice
  }

  /// The program.
  public let program: Program
  /// The step that it computes.
  public let workload: AttentionWorkload
  /// The place of each rank's device in the sessions; nil for the ranks of other processes.
  public let devices: [Int?]
  /// The most bytes of live buffers on each rank, in the order in which operations are launched.
  public let peakBytesByRank: [Bytes]
  /// The memory that each rank's buffers lie in.
  public let arenaBytesByRank: [Bytes]
  /// The memory beside it on each rank for the states of splits, and for inputs that are put back.
  public let scratchBytesByRank: [Bytes]
  /// The bytes of the messages that ranks send each time, by sender and receiver.
  public let bytesByPair: [[Bytes]]
  /// The bytes that each rank gives to all-reduces of NCCL each time.
  public let reducedBytesByRank: [Bytes]
  /// Whether every device reaches every other one's memory; copies go through the host's memory where not. Nil where NCCL
  /// finds the ways.
  public let hasPeerAccess: Bool?
  /// How many launches, copies and calls of NCCL a step is, of all ranks.
  public let launchCount: Int

  let sessions: [DeviceSession]
  let plan: QueuePlan
  let arena: ArenaPlan
  let group: CollectiveGroup?
  /// The memory of each rank; nil for the ranks of other processes.
  let arenas: [DeviceBuffer?]
  let queues: [DeviceQueue?]
  let work: [Work]
  /// An event of each step that another waits for.
  let events: [DeviceEvent?]
  let start: DeviceEvent
  let ends: [DeviceEvent?]
  let clockEvents: (begin: DeviceEvent, end: DeviceEvent)
  let finish: DeviceEvent
  let signals: [DeviceBuffer]
  /// The inputs that the program overwrites: the buffer and a copy of it.
  private let kept: [(buffer: Int, copy: DeviceBuffer)]
  // The states of splits, a queue each, which live as long as what is launched.
  private let scratch: [Int: DeviceBuffer]
  var graph: LaunchGraph?
  /// What the run has left that was compared.
  var trace: StepTrace

  /// Plans a program and takes the memory that it needs.
  ///
  /// - Parameters:
  ///   - program: The program; it must have been built with its operands.
  ///   - workload: The step that it computes, with one query token.
  ///   - sessions: Devices with their kernels loaded, one at least.
  ///   - devices: For each rank its device's place in `sessions`, nil where it is another process's; several ranks may share
  ///     one where there is no group.
  ///   - group: The ranks as NCCL has them, for messages and all-reduces by its calls; nil for copies between devices.
  /// - Throws: ``CUDAError``: `program` for what there are no kernels for, `outOfMemory`, and others.
  public init(
    _ program: Program, workload: AttentionWorkload, sessions: [DeviceSession], devices: [Int?],
    group: CollectiveGroup? = nil
  ) throws(CUDAError) {
    let transport = group == nil ? QueuePlan.Transport.copies : .calls
    let plan = try QueuePlan(program, transport: transport)
    let arena = ArenaPlan(program, order: plan.order, transport: transport)
    (self.program, self.workload, self.sessions, self.devices) = (program, workload, sessions, devices)
    (self.plan, self.arena, self.group) = (plan, arena, group)
    let own = Set(devices.compactMap { $0 }).sorted()
    if let group {
      try Self.check(group, sessions, devices)
      hasPeerAccess = nil
    } else {
      hasPeerAccess = try Self.enableAccess(among: own.map { sessions[$0] })
    }
    var arenas: [DeviceBuffer?] = []
    for (rank, device) in devices.enumerated() {
      arenas.append(
        try device.map { (place) throws(CUDAError) in
          try sessions[place].allocate(arena.sizes[rank], for: "the buffers of rank \(rank)")
        })
    }
    self.arenas = arenas
    var queues: [DeviceQueue?] = []
    for queue in plan.queues {
      queues.append(try devices[queue.rank].map { (place) throws(CUDAError) in try DeviceQueue(sessions[place]) })
    }
    self.queues = queues

    func address(_ slice: Slice) -> UInt64 {
      let buffer = Int(slice.buffer.index)
      let entry = program.buffers[buffer]
      return (arenas[Int(entry.rank)]?.address ?? 0)
        + UInt64(arena.offsets[buffer] + Int(slice.offset) * entry.type.size)
    }
    let kernels = StepKernels(program, workload, address: address) { (name) throws(CUDAError) in
      try sessions[0].residentBlocks(name)
    }
    var scratchBytes: [Int: Int] = [:]
    for step in plan.steps {
      guard case .compute(let operation) = step.work else { continue }
      scratchBytes[step.queue] = max(scratchBytes[step.queue, default: 0], try kernels.scratchBytes(of: operation))
    }
    var scratchByRank = [Int64](repeating: 0, count: program.worldSize)
    var scratch: [Int: DeviceBuffer] = [:]
    for (queue, bytes) in scratchBytes.sorted(by: { $0.key < $1.key }) where bytes > 0 {
      scratch[queue] = try queues[queue]?.session.allocate(bytes, for: "the states of splits")
      scratchByRank[plan.queues[queue].rank] += Int64(bytes)
    }
    self.scratch = scratch

    var builder = WorkBuilder(program: program, kernels: kernels)
    for step in plan.steps {
      try builder.add(step, on: plan.queues[step.queue].rank, scratch: scratch[step.queue]?.address ?? 0)
    }
    work = builder.work
    bytesByPair = builder.pairs.map { $0.map { Bytes($0) } }
    reducedBytesByRank = builder.reduced.map { Bytes($0) }
    launchCount = work.reduce(0) { sum, work in
      if case .launches(let launches) = work { sum + launches.count } else { sum + 1 }
    }

    var kept: [(buffer: Int, copy: DeviceBuffer)] = []
    for buffer in builder.written.sorted() where program.buffers[buffer].persistent {
      let entry = program.buffers[buffer]
      scratchByRank[Int(entry.rank)] += entry.bytes.count
      guard let device = devices[Int(entry.rank)] else { continue }
      kept.append(
        (
          buffer,
          try sessions[device].allocate(Int(entry.bytes.count), for: "inputs that the program overwrites")
        ))
    }
    self.kept = kept
    var events: [DeviceEvent?] = []
    for step in plan.steps {
      let isLocal = { (other: Int) in plan.queues[plan.steps[other].queue].rank == plan.queues[step.queue].rank }
      guard transport == .copies || step.waits.allSatisfy(isLocal) else {
        throw .program("an operation waits for one of another rank, and not by a message")
      }
      let queue = step.isAwaited ? queues[step.queue] : nil
      events.append(try queue.map { (queue) throws(CUDAError) in try queue.session.event(isTimed: false) })
    }
    self.events = events
    let clock = sessions[own.isEmpty ? 0 : devices.compactMap { $0 }[0]]
    start = try clock.event(isTimed: false)
    clockEvents = (try clock.event(), try clock.event())
    finish = try clock.event(isTimed: false)
    var ends: [DeviceEvent?] = []
    for queue in queues {
      ends.append(try queue.map { (queue) throws(CUDAError) in try queue.session.event(isTimed: false) })
    }
    self.ends = ends
    trace = StepTrace(digests: MessageDigests(count: program.messages.count), reductions: [:])
    signals = group?.isDistributed == true ? try group?.signals(for: "the step") ?? [] : []
    peakBytesByRank = arena.peaks
    arenaBytesByRank = arena.sizes.map { Bytes(Int64($0)) }
    scratchBytesByRank = scratchByRank.map { Bytes($0) }
  }

  /// Throws where a group's ranks are not those of the program on their devices.
  private static func check(
    _ group: CollectiveGroup, _ sessions: [DeviceSession], _ devices: [Int?]
  ) throws(CUDAError) {
    let own = devices.indices.filter { devices[$0] != nil }
    let areThere = own.allSatisfy { rank in
      group.members.contains { member in
        member.rank == rank && devices[rank].map { sessions[$0] === member.session } == true
      }
    }
    guard group.worldSize == devices.count, own.count == group.members.count, areThere else {
      throw .program("NCCL has \(group.worldSize) ranks on devices of their own, and it has \(devices.count)")
    }
  }

  private static func enableAccess(among sessions: [DeviceSession]) throws(CUDAError) -> Bool {
    var all = true
    for session in sessions {
      for peer in sessions where peer !== session { all = try session.enableAccess(to: peer) && all }
    }
    return all
  }

  // MARK: Numbers

  /// Puts the queries, keys and values of the tokens that the program says they hold into the input buffers of this process.
  ///
  /// - Parameter step: The numbers of the workload.
  /// - Throws: ``CUDAError``; `FastAttentionError` for a type that devices don't read.
  public func load(_ step: StepNumbers) throws {
    for (index, buffer) in program.buffers.enumerated() {
      guard let tokens = program.tokens(heldBy: BufferID(Int32(index))), let memory = arenas[Int(buffer.rank)] else {
        continue
      }
      let numbers =
        program.labels[Int(buffer.label)] == "queries" ? step.queries(tokens: tokens) : step.cache(tokens: tokens)
      guard numbers.count <= Int(buffer.elements) else {
        throw CUDAError.program(
          "\(program.name(of: BufferID(Int32(index)))) takes \(buffer.elements) elements, found \(numbers.count)")
      }
      let elements = try CacheElements(numbers, as: buffer.type)
      try memory.write(elements, at: arena.offsets[index])
      for (kept, copy) in kept where kept == index { try copy.write(elements, at: 0) }
    }
  }

  /// Puts the inputs back that the program has overwritten, and waits until they are there.
  ///
  /// - Throws: ``CUDAError``.
  public func restore() throws(CUDAError) {
    for (buffer, copy) in kept {
      guard let memory = arenas[Int(program.buffers[buffer].rank)] else { continue }
      try copy.session.copy(copy.byteCount, to: memory, at: arena.offsets[buffer], from: copy)
    }
    for session in sessionsInUse { try session.synchronize("putting inputs back") }
  }

  /// The output of a rank of this process, batch × query heads × value dim: what its last kernel has written.
  ///
  /// - Throws: ``CUDAError``.
  public func output(ofRank rank: Int) throws(CUDAError) -> [Float] {
    let last = (0..<program.count).last { program.kinds[$0] == .compute && Int(program.ranks[$0]) == rank }
    guard let last, let target = program.operands(of: OperationID(Int32(last))).last, let memory = arenas[rank] else {
      throw .program("rank \(rank) makes no output")
    }
    return try numbers(target, in: memory)
  }

  /// The numbers of a slice.
  func numbers(_ slice: Slice, in memory: DeviceBuffer) throws(CUDAError) -> [Float] {
    let buffer = Int(slice.buffer.index)
    let type = program.buffers[buffer].type
    let place = arena.offsets[buffer] + Int(slice.offset) * type.size
    let count = Int(slice.count)
    switch type {
    case .bf16: return CacheElements.bf16(try memory.read(count, as: UInt16(0), at: place)).numbers
    case .fp16: return CacheElements.fp16(try memory.read(count, as: UInt16(0), at: place)).numbers
    case .fp32: return try memory.read(count, as: Float(0), at: place)
    case .fp8: throw .program("outputs of fp8 can't be read")
    }
  }
}
