/// Uses of the same elements that nothing orders, and uses of buffers outside their lives.
struct RaceAudit {
  private enum Life {
    case unborn
    case live
    case over
  }

  private(set) var faults: [ProgramFault] = []
  private let program: Program
  private let graph: ProgramGraph
  private var lives: [Life]
  private var histories: [AccessHistory]
  private var search: OrderSearch
  private var earlier: [Int32] = []

  init(_ program: Program, _ graph: ProgramGraph) {
    (self.program, self.graph) = (program, graph)
    lives = program.buffers.map { $0.persistent ? .live : .unborn }
    histories = program.buffers.map { AccessHistory(elements: $0.elements) }
    search = OrderSearch(graph)
    for node in graph.order { visit(node) }
  }

  private mutating func visit(_ node: Int32) {
    switch program.kinds[Int(node)] {
    case .allocate, .free:
      changeLife(node)
      let buffer = BufferID(program.subjects[Int(node)])
      let whole = Slice(buffer, offset: 0, count: program.buffers[Int(buffer.index)].elements)
      use(whole, by: node, operation: node, writing: true)
    case .compute, .send, .receive:
      for operation in graph.operations(of: node, in: program) { use(operation: operation, by: node) }
    }
  }

  private mutating func changeLife(_ node: Int32) {
    let buffer = Int(program.subjects[Int(node)])
    let isBirth = program.kinds[Int(node)] == .allocate
    guard !program.buffers[buffer].persistent else { return }
    if isBirth == (lives[buffer] == .live) {
      let state =
        switch lives[buffer] {
        case .live: "is live already"
        case .unborn: "has not been allocated"
        case .over: "has been freed"
        }
      faults.append(
        ProgramFault(.structure, "\(program.place(node)): \(program.name(of: BufferID(Int32(buffer)))) \(state)"))
    }
    lives[buffer] = isBirth ? .live : .over
  }

  /// Reads come first, so that an operation which updates a slice is not its own predecessor.
  private mutating func use(operation: Int32, by node: Int32) {
    let accesses = program.accesses(of: Int(operation))
    for (slice, access) in accesses where access.reads { use(slice, by: node, operation: operation, writing: false) }
    for (slice, access) in accesses where access.writes { use(slice, by: node, operation: operation, writing: true) }
  }

  private mutating func use(_ slice: Slice, by node: Int32, operation: Int32, writing: Bool) {
    let buffer = Int(slice.buffer.index)
    let entry = program.buffers[buffer]
    let range = slice.range.clamped(to: 0..<entry.elements)
    let isOfLife = program.kinds[Int(operation)] == .allocate || program.kinds[Int(operation)] == .free
    if lives[buffer] != .live, !isOfLife {
      let state = lives[buffer] == .unborn ? "before it is allocated" : "after it is freed"
      faults.append(
        ProgramFault(.structure, "\(program.place(operation)) uses \(program.name(of: slice.buffer)) \(state)"))
    }
    earlier.removeAll(keepingCapacity: true)
    histories[buffer].use(range, by: node, writing: writing, earlier: &earlier)
    for other in search.unordered(earlier, before: node) {
      faults.append(
        ProgramFault(
          .race,
          """
          \(program.place(operation)) \(writing ? "writes" : "reads") elements \(range.lowerBound) to \
          \(range.upperBound - 1) of \(program.name(of: slice.buffer)), and nothing orders it with \
          \(program.place(other))
          """))
    }
  }
}
