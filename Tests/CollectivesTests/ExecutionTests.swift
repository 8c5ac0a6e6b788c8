import Programs
import Quantities
import TestSupport
import Testing

@testable import Collectives

/// Lowered programs run on real arrays in random legal orders.
@Suite struct ExecutionTests {
  /// Runs a program once and says whether every member ended with the exact reduction.
  static func isExact(
    _ lowered: LoweredProgram, order: Interpreter<Int64>.Order, skipping: Int? = nil,
    using generator: inout SeededGenerator
  ) -> Bool {
    let combine: (Int64, Int64) -> Int64 = lowered.allReduce.reduction == .sum ? { $0 + $1 } : { max($0, $1) }
    var interpreter = Interpreter<Int64>(lowered.program, combine: combine)
    let values = lowered.buffers.map { _ in
      (0..<lowered.allReduce.payload.elements).map { _ in Int64.random(in: -1_000_000...1_000_000, using: &generator) }
    }
    for (buffer, row) in zip(lowered.buffers, values) { interpreter.memory[Int(buffer.index)] = row }
    let expected = values.dropFirst().reduce(values[0]) { zip($0, $1).map { combine($0, $1) } }
    do {
      try interpreter.run(order: order, skipping: skipping, using: &generator)
    } catch {
      return false
    }
    return lowered.buffers.allSatisfy { interpreter.memory[Int($0.index)] == expected }
  }

  @Test(arguments: 1...40) func flatAlgorithmsAreExactInAnyOrder(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    for algorithm in FlatAlgorithm.allCases where count <= 20 || !algorithm.direct {
      for reduction in [Reduction.sum, .maximum] {
        let payload = Payload(units: Int.random(in: 1...2 * count, using: &generator), elementsPerUnit: 2, type: .fp32)
        let allReduce = AllReduce(
          group: Groups.random(count, using: &generator), payload: payload, reduction: reduction)
        let lowered = LoweredProgram(allReduce, .flat(algorithm))
        for order in Interpreter<Int64>.Order.allCases where reduction == .sum || order == .uniform {
          let exact = Self.isExact(lowered, order: order, using: &generator)
          #expect(exact, "\(algorithm), p = \(count), n = \(payload.units), \(order)")
        }
      }
    }
  }

  @Test(arguments: 2...30) func hierarchiesAreExactInAnyOrder(count: Int) {
    var generator = SeededGenerator(seed: UInt64(500 + count))
    let divisors = (1...count).filter { count.isMultiple(of: $0) }
    for equal in [divisors.randomElement(using: &generator), nil] {
      let nodes = Groups.nodes(count, equal: equal, using: &generator)
      for algorithm in Groups.hierarchical.shuffled(using: &generator).prefix(7) {
        let payload = Payload(units: Int.random(in: 1...2 * count, using: &generator), type: .fp32)
        let allReduce = AllReduce(group: Groups.random(count, using: &generator), payload: payload, reduction: .sum)
        let lowered = LoweredProgram(allReduce, algorithm, nodes: nodes)
        for order in Interpreter<Int64>.Order.allCases {
          let exact = Self.isExact(lowered, order: order, using: &generator)
          #expect(exact, "\(algorithm), nodes \(nodes), n = \(payload.units), \(order)")
        }
      }
    }
  }

  /// Whether one operation still ends before another starts when a dependency between them is dropped.
  ///
  /// Both sides of a message end together, and its bytes move only once both have been reached.
  static func isImplied(_ place: Int, of owner: Int, in program: Program) -> Bool {
    func sides(_ index: Int) -> [Int] {
      guard program.kinds[index] == .send || program.kinds[index] == .receive else { return [index] }
      let message = program.messages[Int(program.subjects[index])]
      return [Int(message.send), Int(message.receive)]
    }
    let goal = Int(program.dependencies[place])
    var seen = [Bool](repeating: false, count: program.count)
    var stack = sides(owner)
    while let index = stack.popLast() {
      for other in Int(program.dependencyStarts[index])..<Int(program.dependencyStarts[index + 1]) where other != place
      {
        for before in sides(Int(program.dependencies[other])) where !seen[before] {
          if before == goal { return true }
          seen[before] = true
          stack.append(before)
        }
      }
    }
    return false
  }

  /// Whether one of two operations writes, makes or ends what the other touches.
  static func conflict(_ first: Int, _ second: Int, in program: Program) -> Bool {
    func touches(_ index: Int) -> [(slice: Slice, writes: Bool)] {
      let slices = Array(program.operands(of: OperationID(Int32(index))))
      switch program.kinds[index] {
      case .allocate, .free:
        let buffer = program.subjects[index]
        let whole = Slice(BufferID(buffer), offset: 0, count: program.buffers[Int(buffer)].elements)
        return [(whole, true)]
      case .send: return [(slices[0], false)]
      case .receive: return [(slices[0], true)]
      case .compute: return slices.enumerated().map { ($1, $0 == 0) }
      }
    }
    return touches(first).contains { left in
      touches(second).contains { right in
        left.slice.buffer == right.slice.buffer && (left.writes || right.writes)
          && left.slice.offset < right.slice.offset + right.slice.count
          && right.slice.offset < left.slice.offset + left.slice.count
      }
    }
  }

  /// Drops one dependency after another that orders two uses of the same memory and that nothing else implies: each
  /// must be noticed. Phases also wait for what they needn't; those dependencies can't be noticed.
  @Test(arguments: FlatAlgorithm.allCases) func aDroppedDependencyIsNoticed(algorithm: FlatAlgorithm) {
    var generator = SeededGenerator(seed: 77)
    let allReduce = AllReduce(
      group: Array(0..<6), payload: Payload(units: 12, type: .fp32), reduction: .sum)
    let lowered = LoweredProgram(allReduce, .flat(algorithm))
    let program = lowered.program
    var dropped = 0
    var missed: [String] = []
    for index in 0..<program.count {
      for place in Int(program.dependencyStarts[index])..<Int(program.dependencyStarts[index + 1]) {
        let before = Int(program.dependencies[place])
        guard Self.conflict(before, index, in: program), !Self.isImplied(place, of: index, in: program) else {
          continue
        }
        dropped += 1
        let noticed = (0..<6).contains { _ in
          !Self.isExact(lowered, order: .ranked, skipping: place, using: &generator)
        }
        if !noticed { missed.append("\(program.line(ofOperation: index)) without #\(before)") }
      }
    }
    #expect(dropped >= 20)
    #expect(missed.isEmpty, "\(algorithm): missed \(missed.count) of \(dropped): \(missed.prefix(5))")
  }

  /// Sums of doubles end with the same bits everywhere, whatever the order.
  @Test(arguments: 2...20) func allRanksHoldTheSameBits(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for algorithm in Groups.flat {
      let allReduce = AllReduce(
        group: Array(0..<count), payload: Payload(units: 2 * count + 1, type: .fp32), reduction: .sum)
      let lowered = LoweredProgram(allReduce, algorithm)
      let values = lowered.buffers.map { _ in
        (0..<allReduce.payload.elements).map { _ in Double.random(in: -1...1, using: &generator) }
      }
      var first: [Double?]?
      for order in Interpreter<Double>.Order.allCases {
        var interpreter = Interpreter<Double>(lowered.program) { $0 + $1 }
        for (buffer, row) in zip(lowered.buffers, values) { interpreter.memory[Int(buffer.index)] = row }
        try interpreter.run(order: order, using: &generator)
        for buffer in lowered.buffers {
          let held = interpreter.memory[Int(buffer.index)]
          if let first { #expect(held == first, "\(algorithm), p = \(count)") } else { first = held }
        }
      }
      if algorithm == .oneShot || algorithm == .twoShot {
        let inOrder = values.dropFirst().reduce(values[0]) { zip($0, $1).map { $0 + $1 } }
        #expect(first == inOrder)
      }
    }
  }

  /// A collective may write its buffer and reuse its scratch as soon as its results say so.
  @Test(arguments: 2...12) func collectivesFollowOneAnotherInTheSameBuffers(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for algorithm in Groups.flat + Groups.hierarchical.shuffled(using: &generator).prefix(8) {
      let nodes = Groups.nodes(count, equal: count.isMultiple(of: 2) ? 2 : nil, using: &generator)
      let allReduce = AllReduce(
        group: Array(0..<count), payload: Payload(units: count + 1, type: .fp32), reduction: .sum)
      var builder = ProgramBuilder(worldSize: count)
      let buffers = (0..<count).map {
        builder.buffer(
          rank: $0, label: "state", elements: allReduce.payload.elements, type: .fp32, persistent: true)
      }
      var ready = [Dependencies](repeating: .none, count: count)
      for _ in 0..<3 {
        ready = allReduce.lower(algorithm, buffers: buffers, nodes: nodes, ready: ready, into: &builder)
      }
      let program = builder.build()
      let peaks = TrafficTests.peakScratch(program)
      for member in 0..<count {
        #expect(peaks[member] == allReduce.traffic(of: member, algorithm, nodes: nodes).peakScratch)
      }
      for order in Interpreter<Int64>.Order.allCases {
        var interpreter = Interpreter<Int64>(program) { $0 + $1 }
        for (rank, buffer) in buffers.enumerated() {
          interpreter.memory[Int(buffer.index)] = (0...count).map { Int64(rank * 100 + $0) }
        }
        try interpreter.run(order: order, using: &generator)
        let once = (0...count).map { unit in (0..<count).reduce(Int64(0)) { $0 + Int64($1 * 100 + unit) } }
        let expected = once.map { $0 * Int64(count * count) }
        for buffer in buffers { #expect(interpreter.memory[Int(buffer.index)] == expected, "\(algorithm)") }
      }
    }
  }
}
