import Programs

/// Turns the steps of a plan into what a ``DeviceExecutor`` puts on queues, one after another.
struct WorkBuilder {
  let program: Program
  let kernels: StepKernels
  /// What each step does.
  private(set) var work: [DeviceExecutor.Work] = []
  /// The buffers that have been written.
  private(set) var written: Set<Int> = []
  /// The bytes of messages, by sender and receiver.
  private(set) var pairs: [[Int64]]
  /// The bytes that each rank gives to all-reduces of a library.
  private(set) var reduced: [Int64]

  init(program: Program, kernels: StepKernels) {
    (self.program, self.kernels) = (program, kernels)
    pairs = [[Int64]](repeating: [Int64](repeating: 0, count: program.worldSize), count: program.worldSize)
    reduced = [Int64](repeating: 0, count: program.worldSize)
  }

  /// Adds a step.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - rank: Its rank.
  ///   - scratch: Where the states of splits lie.
  /// - Throws: ``CUDAError/program(_:)`` for what can't be done.
  mutating func add(_ step: QueuePlan.Step, on rank: Int, scratch: UInt64) throws(CUDAError) {
    switch step.work {
    case .compute(let operation):
      let operands = Array(program.operands(of: OperationID(Int32(operation))))
      let state = operands.count == 5 ? Int(operands[3].buffer.index) : nil
      work.append(
        .launches(
          try kernels.launches(
            of: operation, scratch: scratch, isFresh: state.map { !written.contains($0) } ?? true)))
      for (slice, access) in program.accesses(of: operation) where access.writes {
        written.insert(Int(slice.buffer.index))
      }
    case .copy(let message):
      let (from, to) = try ends(of: message)
      work.append(.copy(message: message, from: from, to: to))
      count(message)
      written.insert(Int(to.buffer.index))
    case .exchange(let operations):
      var sides: [DeviceExecutor.Side] = []
      for operation in operations {
        let number = Int(program.subjects[operation])
        let message = program.messages[number]
        let (from, to) = try ends(of: number)
        let isSend = program.kinds[operation] == .send
        if isSend { count(number) } else { written.insert(Int(to.buffer.index)) }
        guard message.bytes > 0 else { continue }
        sides.append(
          DeviceExecutor.Side(
            message: number, peer: Int(isSend ? message.to : message.from), isSend: isSend, slice: isSend ? from : to))
      }
      work.append(.exchange(sides))
    case .allReduce(let region):
      let reduction = program.regions[region].reduction
      guard let reduction,
        let slice = reduction.slices.first(where: { Int(program.buffers[Int($0.buffer.index)].rank) == rank })
      else { throw .program("\(program.regions[region].name) has no part of rank \(rank)") }
      work.append(.allReduce(reduction.reduction, slice))
      reduced[rank] += slice.count * Int64(size(slice))
      written.insert(Int(slice.buffer.index))
    }
  }

  private func size(_ slice: Slice) -> Int { program.buffers[Int(slice.buffer.index)].type.size }

  private mutating func count(_ number: Int) {
    let message = program.messages[number]
    pairs[Int(message.from)][Int(message.to)] += message.bytes
  }

  /// What a message carries from where to where.
  private func ends(of number: Int) throws(CUDAError) -> (from: Slice, to: Slice) {
    let message = program.messages[number]
    guard let from = program.operands(of: OperationID(message.send)).first,
      let to = program.operands(of: OperationID(message.receive)).first
    else { throw .program("the program keeps no operands") }
    let line = { program.line(ofOperation: Int(message.send)) }
    guard program.buffers[Int(from.buffer.index)].type == program.buffers[Int(to.buffer.index)].type else {
      throw .program("\(line()) would change the type of what it carries")
    }
    guard from.count == to.count, from.count * Int64(size(from)) == message.bytes else {
      throw .program("\(line()) carries other bytes than it says")
    }
    return (from, to)
  }
}
