import Programs
import Quantities
import RealModule
import Workloads

/// Executes a program with real numbers: the very operations that the simulator times.
///
///     var executor = ProgramExecutor<Double>(program, workload: workload)
///     try executor.load(tensors)
///     try executor.run(order: .random(seed: 1))
///     executor.output(ofRank: 0)
///
/// Numbers live in the buffers that the program allocates, messages carry them, kernels compute what their action says.
/// What has not been written can't be read, what is not live can't be used, and what changes under a message that is
/// under way is found: so a program that is right only by luck of timing fails in some order.
///
/// In every tensor heads and query tokens lie as ``AttentionTensors`` has them, those tokens that the program says are
/// there. A packed state holds, a head and query token at a time, its numerators, then its LSE or denominator, or its
/// maximum and its denominator.
public struct ProgramExecutor<Scalar: Real & BinaryFloatingPoint & Sendable> {
  let program: Program
  let workload: AttentionWorkload
  /// The shape of the keys and values that rotate: with KV heads repeated where the program does so first.
  let rotatingShape: AttentionShape
  var memory: DeviceMemory<Scalar>
  /// The bytes that each rank has sent.
  public private(set) var bytesSentByRank: [Bytes]

  /// Prepares an execution.
  ///
  /// - Parameters:
  ///   - program: The program; it must have been built with its operands.
  ///   - workload: The step that it computes.
  ///   - rounding: What storing a number does to it.
  public init(_ program: Program, workload: AttentionWorkload, rounding: StorageRounding<Scalar> = .none) {
    self.init(program, workload: workload, rounding: rounding, rank: nil)
  }

  /// The same with the memory of one rank alone, for ``RankExecutor``.
  init(_ program: Program, workload: AttentionWorkload, rounding: StorageRounding<Scalar>, rank: Int?) {
    self.program = program
    self.workload = workload
    let expands = program.kernels.contains { $0.action == .expandHeads }
    rotatingShape = expands ? workload.shape.expanded : workload.shape
    memory = DeviceMemory(program, rounding: rounding, rank: rank)
    bytesSentByRank = [Bytes](repeating: .zero, count: program.worldSize)
  }

  /// The most bytes that each rank has had in use.
  public var peakBytesByRank: [Bytes] { memory.peaks.map { Bytes($0) } }

  // MARK: Running

  /// Executes all operations.
  ///
  /// - Throws: ``ExecutionError`` naming the operation that can't be executed.
  public mutating func run(order: ExecutionOrder) throws(ExecutionError) {
    var progress = ExecutionProgress<Scalar>(program)
    switch order {
    case .given(let operations):
      for operation in operations { try take(Int(operation), &progress) }
    case .random(let seed):
      var chance = SplitMix(seed: seed)
      while let operation = progress.draw(using: &chance) { try take(operation, &progress) }
    }
    guard progress.finishedCount == program.count else {
      throw .deadlock(finished: progress.finishedCount, total: program.count)
    }
  }

  /// Takes an operation: for a message, the first of its sides, the second, and its arrival.
  private mutating func take(_ index: Int, _ progress: inout ExecutionProgress<Scalar>) throws(ExecutionError) {
    let subject = Int(program.subjects[index])
    switch program.kinds[index] {
    case .allocate:
      try memory.allocate(subject, by: index)
      progress.finish(index)
    case .free:
      try memory.free(subject, by: index)
      progress.finish(index)
    case .compute:
      try compute(program.kernels[subject].action, Array(program.operands(of: OperationID(Int32(index)))), index)
      progress.finish(index)
    case .send, .receive:
      try communicate(subject, at: index, &progress)
    }
  }

  private mutating func communicate(
    _ message: Int, at index: Int, _ progress: inout ExecutionProgress<Scalar>
  ) throws(ExecutionError) {
    let ends = program.messages[message]
    let (source, target) = (operand(ends.send), operand(ends.receive))
    switch progress.messages[message] {
    case .unreached:
      progress.messages[message] = .halfReached
    case .halfReached:
      progress.messages[message] = .underWay(Array(try memory.read(source, by: Int(ends.send))))
      // Until it has arrived, nobody may count on what lies where it lands.
      try memory.forget(target, by: Int(ends.receive))
      progress.arrives(message)
    case .underWay(let carried):
      guard try memory.holds(carried, in: source, by: Int(ends.send)) else {
        throw .race(operation: program.line(ofOperation: Int(ends.send)))
      }
      try memory.write(
        carried, to: target, isCopy: memory.haveOneType(source, target), by: Int(ends.receive))
      bytesSentByRank[Int(ends.from)] += Bytes(ends.bytes)
      progress.messages[message] = .arrived
      progress.finish(Int(ends.receive))
      progress.finish(Int(ends.send))
    case .arrived:
      break
    }
    // In a given order there is no later moment at which the second side's message could arrive.
    if progress.arrivesAtOnce, case .underWay = progress.messages[message] {
      try communicate(message, at: index, &progress)
    }
  }

  private func operand(_ operation: Int32) -> Slice { program.operands[Int(program.operandStarts[Int(operation)])] }
}
