/// What is wrong with a program before any order is thought of: indices, ends of messages, operands, streams.
struct StructureAudit {
  private(set) var faults: [ProgramFault] = []
  /// Whether every index points to something, so that the program can be looked at further.
  private(set) var isReadable = true

  init(_ program: Program) {
    checkSizes(program)
    guard isReadable else { return }
    checkIndices(program)
    guard isReadable else { return }
    checkMessages(program)
    for operation in 0..<program.count { checkOperands(program, Int32(operation)) }
    checkOrder(program)
  }

  private mutating func find(_ description: String) {
    faults.append(ProgramFault(.structure, description))
  }

  private mutating func unreadable(_ description: String) {
    find(description)
    isReadable = false
  }

  // MARK: Indices

  private mutating func checkSizes(_ program: Program) {
    let count = program.count
    for (name, size) in [
      ("ranks", program.ranks.count), ("streams", program.streams.count), ("subjects", program.subjects.count),
      ("regions", program.regionIndices.count), ("starts of dependencies", program.dependencyStarts.count - 1),
    ] where size != count {
      unreadable("\(count) operations have \(size) \(name)")
    }
    if program.operandStarts.count != count + 1 {
      unreadable("the program was built without its operands, without which there is nothing to audit")
    }
    for (name, starts, size) in [
      ("dependencies", program.dependencyStarts, program.dependencies.count),
      ("operands", program.operandStarts, program.operands.count),
    ] {
      let isSorted = zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
      if !isSorted || starts.first != 0 || starts.last.map({ Int($0) }) != size {
        unreadable("where the \(name) of operations start does not rise from 0 to \(size)")
      }
    }
  }

  private mutating func checkIndices(_ program: Program) {
    for (index, buffer) in program.buffers.enumerated()
    where !(0..<program.worldSize).contains(Int(buffer.rank)) || !program.labels.indices.contains(Int(buffer.label))
      || buffer.elements < 0
    {
      unreadable("buffer \(index) has rank \(buffer.rank), label \(buffer.label), \(buffer.elements) elements")
    }
    for (index, message) in program.messages.enumerated()
    where [message.from, message.to].contains(where: { !(0..<program.worldSize).contains(Int($0)) })
      || [message.send, message.receive].contains(where: { !(-1..<program.count).contains(Int($0)) })
    {
      unreadable(
        "message \(index) goes from rank \(message.from) to \(message.to), #\(message.send) to #\(message.receive)")
    }
    for operation in 0..<program.count {
      let subjects: Int
      switch program.kinds[operation] {
      case .compute: subjects = program.kernels.count
      case .send, .receive: subjects = program.messages.count
      case .allocate, .free: subjects = program.buffers.count
      }
      if !(0..<program.worldSize).contains(Int(program.ranks[operation]))
        || !(0..<subjects).contains(Int(program.subjects[operation]))
        || !(-1..<program.regions.count).contains(Int(program.regionIndices[operation]))
      {
        unreadable("operation #\(operation) has a rank, a subject or a region that does not exist")
      }
      for dependency in program.dependencies(of: OperationID(Int32(operation)))
      where !(0..<operation).contains(Int(dependency)) {
        unreadable("operation #\(operation) waits for #\(dependency), which does not come before it")
      }
    }
    for (place, slice) in program.operands.enumerated()
    where !program.buffers.indices.contains(Int(slice.buffer.index)) {
      unreadable("operand \(place) is of buffer \(slice.buffer.index), of \(program.buffers.count)")
    }
  }

  // MARK: Messages

  private mutating func checkMessages(_ program: Program) {
    var ends = [(sends: Int, receives: Int)](repeating: (0, 0), count: program.messages.count)
    for operation in 0..<program.count {
      let subject = Int(program.subjects[operation])
      switch program.kinds[operation] {
      case .send:
        ends[subject].sends += 1
        checkEnd(program, Int32(operation), program.messages[subject].send, program.messages[subject].from)
      case .receive:
        ends[subject].receives += 1
        checkEnd(program, Int32(operation), program.messages[subject].receive, program.messages[subject].to)
      default: break
      }
    }
    for (index, message) in program.messages.enumerated() {
      if ends[index] != (1, 1) {
        find(
          """
          the message from rank \(message.from) to rank \(message.to) has \(ends[index].sends) sends and \
          \(ends[index].receives) receives; it needs one of each
          """)
      }
      guard message.send >= 0, message.receive >= 0 else { continue }
      checkPayload(program, message)
    }
  }

  private mutating func checkEnd(_ program: Program, _ operation: Int32, _ expected: Int32, _ rank: Int32) {
    if operation != expected { find("\(program.place(operation)) is not the end that its message names, #\(expected)") }
    if program.ranks[Int(operation)] != rank {
      find("\(program.place(operation)) is not on its message's rank \(rank)")
    }
  }

  private mutating func checkPayload(_ program: Program, _ message: Message) {
    let source = program.operands(of: OperationID(message.send))
    let target = program.operands(of: OperationID(message.receive))
    guard let source = source.first, let target = target.first else { return }
    func bytes(_ slice: Slice) -> Int64 { program.buffers[Int(slice.buffer.index)].bytes(of: slice.count) }
    if bytes(source) != message.bytes || bytes(target) != message.bytes || source.count != target.count {
      find(
        """
        \(program.place(message.send)) carries \(message.bytes) B out of \(bytes(source)) B, \(source.count) elements, \
        into \(bytes(target)) B, \(target.count) elements
        """)
    }
    if source.buffer == target.buffer, source.overlaps(target) {
      find("\(program.place(message.send)) lands where it comes from")
    }
  }

  // MARK: Operands

  private mutating func checkOperands(_ program: Program, _ operation: Int32) {
    let slices = program.operands(of: OperationID(operation))
    let isRight: Bool
    switch program.kinds[Int(operation)] {
    case .compute: isRight = program.kernels[Int(program.subjects[Int(operation)])].action.takes(operands: slices.count)
    case .send, .receive: isRight = slices.count == 1
    case .allocate, .free: isRight = slices.isEmpty
    }
    if !isRight { find("\(program.place(operation)) has \(slices.count) operands") }
    for slice in slices {
      let buffer = program.buffers[Int(slice.buffer.index)]
      if slice.offset < 0 || slice.count < 0 || slice.offset > buffer.elements - slice.count {
        find(
          """
          \(program.place(operation)) uses \(slice.count) elements from \(slice.offset) on of \
          \(program.name(of: slice.buffer)), which has \(buffer.elements)
          """)
      }
      if buffer.rank != program.ranks[Int(operation)] {
        find("\(program.place(operation)) uses \(program.name(of: slice.buffer))")
      }
    }
    if [.allocate, .free].contains(program.kinds[Int(operation)]) {
      let buffer = program.subjects[Int(operation)]
      if program.buffers[Int(buffer)].persistent {
        find("\(program.place(operation)): \(program.name(of: BufferID(buffer))) lives throughout")
      }
      if program.buffers[Int(buffer)].rank != program.ranks[Int(operation)] {
        find("\(program.place(operation)) is about \(program.name(of: BufferID(buffer)))")
      }
    }
  }

  // MARK: Order

  /// Ranks learn of one another by messages alone, and operations of a stream wait for the one before.
  private mutating func checkOrder(_ program: Program) {
    var last = [Int32](repeating: -1, count: program.worldSize * Stream.count)
    for operation in 0..<Int32(program.count) {
      let (rank, stream) = (program.ranks[Int(operation)], program.streams[Int(operation)])
      let after = program.dependencies(of: OperationID(operation))
      for dependency in after where program.ranks[Int(dependency)] != rank {
        find("\(program.place(operation)) waits for \(program.place(dependency)) without a message")
      }
      guard stream != .unordered else { continue }
      guard Int(stream.index) < Stream.count else {
        find("\(program.place(operation)) is on stream \(stream.index) of \(Stream.count)")
        continue
      }
      let slot = Int(rank) * Stream.count + Int(stream.index)
      if last[slot] >= 0, !after.contains(last[slot]) {
        find("\(program.place(operation)) does not wait for the one before on its stream, \(program.place(last[slot]))")
      }
      last[slot] = operation
    }
  }
}

extension Buffer {
  /// The size of so many of its elements.
  func bytes(of count: Int64) -> Int64 { count &* Int64(type.size) }
}

extension Slice {
  /// Whether two slices of one buffer have elements in common.
  func overlaps(_ other: Slice) -> Bool {
    buffer == other.buffer && offset < other.offset + other.count && other.offset < offset + count
  }

  /// The elements.
  var range: Range<Int64> { offset..<offset + max(count, 0) }
}
