extension ProgramMutator {
  /// One dependency less, between two operations that use the same elements and that nothing else orders then.
  func notWaiting(_ generator: inout some RandomNumberGenerator) -> Change? {
    var candidates: [(operation: Int32, dependency: Int32)] = []
    var last = [Int32](repeating: -1, count: program.worldSize * Stream.count)
    for operation in 0..<Int32(program.count) {
      var before: Int32 = -1
      let stream = program.streams[Int(operation)]
      if stream != .unordered {
        let slot = Int(program.ranks[Int(operation)]) * Stream.count + Int(stream.index)
        (before, last[slot]) = (last[slot], operation)
      }
      for dependency in Set(program.dependencies(of: OperationID(operation))).sorted()
      where dependency != before && conflict(operation, dependency) {
        candidates.append((operation, dependency))
      }
    }
    for (operation, dependency) in candidates.shuffled(using: &generator) {
      var copy = program
      copy.setDependencies(
        of: operation, to: program.dependencies(of: OperationID(operation)).filter { $0 != dependency })
      let graph = ProgramGraph(copy)
      var search = OrderSearch(graph)
      let nodes = (graph.nodes[Int(dependency)], graph.nodes[Int(operation)])
      if search.unordered([nodes.0], before: nodes.1).isEmpty { continue }
      return ("\(program.place(operation)) does not wait for \(program.place(dependency))", copy)
    }
    return nil
  }

  /// A buffer goes as soon as it is there.
  func freeingEarly(_ generator: inout some RandomNumberGenerator) -> Change? {
    var births: [Int32: Int32] = [:]
    var used: Set<Int32> = []
    for operation in 0..<program.count {
      if program.kinds[operation] == .allocate { births[program.subjects[operation]] = Int32(operation) }
      for (slice, _) in program.accesses(of: operation) where slice.count > 0 { used.insert(slice.buffer.index) }
    }
    let places = (0..<program.count).filter { program.kinds[$0] == .free && used.contains(program.subjects[$0]) }
    guard let operation = places.randomElement(using: &generator), let birth = births[program.subjects[operation]]
    else {
      return nil
    }
    var copy = program
    copy.setDependencies(of: Int32(operation), to: [birth])
    return ("\(program.place(Int32(operation))) waits for its allocation alone", copy)
  }

  /// Whether two operations use the same elements and one writes them.
  private func conflict(_ first: Int32, _ second: Int32) -> Bool {
    uses(first).contains { left in
      uses(second).contains { right in
        left.slice.overlaps(right.slice) && (left.access.writes || right.access.writes)
      }
    }
  }

  private func uses(_ operation: Int32) -> [(slice: Slice, access: OperandAccess)] {
    guard [.allocate, .free].contains(program.kinds[Int(operation)]) else {
      return program.accesses(of: Int(operation))
    }
    let buffer = program.subjects[Int(operation)]
    return [(Slice(BufferID(buffer), offset: 0, count: program.buffers[Int(buffer)].elements), .write)]
  }
}
