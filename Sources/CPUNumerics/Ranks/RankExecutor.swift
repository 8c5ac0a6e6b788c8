import Programs
import Quantities
import RealModule
import Workloads

/// Executes one rank's part of a program in a process of its own: its operations, its memory, and its messages over a
/// transport.
///
///     var executor = RankExecutor(program, workload: workload, rank: transport.rank)
///     try executor.load(tensors)
///     try executor.run(RankPlan(program, rank: transport.rank, order: order), over: transport)
///     executor.output
///
/// Kernels are those of ``ProgramExecutor``, in single precision; every number that is stored is rounded to the type of
/// its buffer, and travels in as many bytes as that type has, so that what a transport moves are the program's bytes.
public struct RankExecutor {
  private let program: Program
  private let rank: Int
  private var executor: ProgramExecutor<Float>
  /// The messages under way, by the operation of this rank.
  private var underWay: [Int: RankTransfer] = [:]

  /// Prepares a rank; see ``ProgramExecutor/init(_:workload:rounding:)``.
  public init(_ program: Program, workload: AttentionWorkload, rank: Int) {
    self.program = program
    self.rank = rank
    executor = ProgramExecutor(program, workload: workload, rounding: .toBufferType, rank: rank)
  }

  /// Puts the queries and the rank's share of the tokens into its memory; see ``ProgramExecutor/load(_:)``.
  public mutating func load(_ tensors: AttentionTensors<Float>) throws(ExecutionError) {
    try executor.load(tensors)
  }

  /// The tokens whose queries the rank holds and whose output it makes.
  public var queryTokens: TokenRuns { executor.queryTokens(ofRank: rank) }

  /// The rank's output, batch × query heads × its query tokens × value dim; see ``ProgramExecutor/output(ofRank:)``.
  public var output: [Float] {
    get throws(ExecutionError) { try executor.output(ofRank: rank) }
  }

  /// The most bytes that the rank has had in use.
  public var peakBytes: Bytes { executor.peakBytesByRank[rank] }

  /// Takes all steps of a plan for this rank, and waits for what is still under way then.
  ///
  /// - Throws: ``ExecutionError`` naming the operation that can't be executed, or what the transport throws.
  public mutating func run(_ plan: RankPlan, over transport: some RankTransport) throws {
    for step in plan.steps {
      switch step {
      case .operation(let index): try take(index, transport)
      case .allReduce(let region, let dependencies):
        for dependency in dependencies { try finish(dependency, transport) }
        try allReduce(region, transport)
      }
    }
    for operation in underWay.keys.sorted() { try finish(operation, transport) }
  }

  private mutating func take(_ index: Int, _ transport: some RankTransport) throws {
    for dependency in program.dependencies(of: OperationID(Int32(index))) {
      try finish(Int(dependency), transport)
    }
    let subject = Int(program.subjects[index])
    let operands = Array(program.operands(of: OperationID(Int32(index))))
    switch program.kinds[index] {
    case .allocate: try executor.memory.allocate(subject, by: index)
    case .free: try executor.memory.free(subject, by: index)
    case .compute: try executor.compute(program.kernels[subject].action, operands, index)
    case .send:
      let transfer = transfer(index, subject)
      let numbers = try executor.memory.read(operands[0], by: index)
      try transport.send(PackedNumbers.pack(numbers, as: type(of: operands[0])), transfer)
      underWay[index] = transfer
    case .receive:
      let transfer = transfer(index, subject)
      // Until it has arrived, nobody may count on what lies where it lands.
      try executor.memory.forget(operands[0], by: index)
      try transport.receive(transfer)
      underWay[index] = transfer
    }
  }

  /// Waits for a message when it is one and under way. A send has finished when its bytes are the transport's no more:
  /// what depends on it is of this rank, and writes over what was sent or sends more.
  private mutating func finish(_ operation: Int, _ transport: some RankTransport) throws {
    guard let transfer = underWay.removeValue(forKey: operation) else { return }
    let bytes = try transport.wait(for: transfer)
    guard !transfer.isSend else { return }
    let target = program.operands[Int(program.operandStarts[operation])]
    let send = Int(program.messages[transfer.message].send)
    let source = program.operands[Int(program.operandStarts[send])]
    guard bytes.count == transfer.bytes else {
      throw ExecutionError.badOperands(
        operation: transfer.operation, expected: "\(transfer.bytes) bytes where \(bytes.count) came")
    }
    try executor.memory.write(
      PackedNumbers.unpack(bytes, as: type(of: source)), to: target,
      isCopy: executor.memory.haveOneType(source, target), by: operation)
  }

  private mutating func allReduce(_ region: Int, _ transport: some RankTransport) throws {
    guard let reduction = program.regions[region].reduction, let slice = RankPlan.slice(of: region, rank, program),
      let first = program.regionIndices.firstIndex(of: Int32(region))
    else { return }
    let type = type(of: slice)
    var bytes = PackedNumbers.pack(try executor.memory.read(slice, by: first), as: type)
    try transport.allReduce(
      &bytes,
      PackedReduction(reduction: reduction.reduction, type: type, elementsPerUnit: reduction.elementsPerUnit),
      name: program.regions[region].name)
    try executor.memory.write(PackedNumbers.unpack(bytes, as: type), to: slice, isCopy: true, by: first)
  }

  private func type(of slice: Slice) -> DataType { program.buffers[Int(slice.buffer.index)].type }

  private func transfer(_ index: Int, _ message: Int) -> RankTransfer {
    let ends = program.messages[message]
    let isSend = program.kinds[index] == .send
    return RankTransfer(
      message: message, peer: Int(isSend ? ends.to : ends.from), bytes: Int(ends.bytes), isSend: isSend,
      operation: program.line(ofOperation: index))
  }
}
