import Programs
import TestSupport

/// Executes a lowered collective on real arrays, in a random legal order.
///
/// A legal order respects dependencies, and a message starts when both of its sides have been reached and ends some
/// time later. What it reads may be read at its start or at its end, and what it writes may land at its start or at its
/// end, whichever is worse: so data that is overwritten while it is sent, or used before it has arrived, is noticed.
struct Interpreter<Element: Equatable> {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// How the next thing to do is picked.
  enum Order: CaseIterable {
    /// Any of those possible, evenly.
    case uniform
    /// By a random standing of each operation, so that some wait for very long.
    case ranked
    /// By a random standing of each rank, so that some ranks are slow.
    case slowRanks
    /// The last that became possible.
    case latest
  }

  let program: Program
  let combine: (Element, Element) -> Element
  var memory: [[Element?]]
  private var live: [Bool]

  init(_ program: Program, combine: @escaping (Element, Element) -> Element) {
    self.program = program
    self.combine = combine
    memory = program.buffers.map { [Element?](repeating: nil, count: Int($0.elements)) }
    live = program.buffers.map(\.persistent)
  }

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - order: How the next thing to do is picked.
  ///   - skipping: A dependency of the program, by its place, that is ignored; with the order `ranked`, what it asks to
  ///     wait for is then put off until nothing else can be done.
  mutating func run(order: Order, skipping: Int? = nil, using generator: inout SeededGenerator) throws {
    let count = program.count
    var successors = [[Int32]](repeating: [], count: count)
    var pending = [Int](repeating: 0, count: count)
    for index in 0..<count {
      for place in Int(program.dependencyStarts[index])..<Int(program.dependencyStarts[index + 1])
      where place != skipping {
        successors[Int(program.dependencies[place])].append(Int32(index))
        pending[index] += 1
      }
    }
    var standing = (0..<count).map { index -> UInt64 in
      order == .slowRanks
        ? SeededGenerator(seed: UInt64(program.ranks[index])).first ^ generator.first : generator.next()
    }
    if let skipping {
      let late = Int(program.dependencies[skipping])
      standing[late] = 0
      if program.kinds[late] == .receive {
        standing[Int(program.messages[Int(program.subjects[late])].send)] = 0
      }
    }
    var candidates = (0..<count).filter { pending[$0] == 0 }
    var reached = [Bool](repeating: false, count: program.messages.count)
    var flying = [Bool](repeating: false, count: program.messages.count)
    var carried = [[Element?]](repeating: [], count: program.messages.count)
    var finished = 0
    func finish(_ index: Int) {
      finished += 1
      for successor in successors[index] {
        pending[Int(successor)] -= 1
        if pending[Int(successor)] == 0 { candidates.append(Int(successor)) }
      }
    }
    while !candidates.isEmpty {
      let place: Int
      switch order {
      case .uniform: place = Int.random(in: 0..<candidates.count, using: &generator)
      case .ranked, .slowRanks:
        place = candidates.indices.max { standing[candidates[$0]] < standing[candidates[$1]] } ?? 0
      case .latest: place = candidates.count - 1
      }
      let index = candidates[place]
      candidates.swapAt(place, candidates.count - 1)
      candidates.removeLast()
      let subject = Int(program.subjects[index])
      let slices = Array(program.operands(of: OperationID(Int32(index))))
      switch program.kinds[index] {
      case .allocate:
        live[subject] = true
        finish(index)
      case .free:
        guard live[subject] else { throw Failure(description: "freed twice: \(program.line(ofOperation: index))") }
        live[subject] = false
        for element in memory[subject].indices { memory[subject][element] = nil }
        finish(index)
      case .compute:
        try compute(program.kernels[subject].action, slices, index)
        finish(index)
      case .send, .receive:
        let message = program.messages[subject]
        if flying[subject] {
          let (source, target) = sides(message)
          let late = try read(source, index)
          // An early reading that differs from a late one is a race: leave a hole.
          let early = carried[subject]
          try write(zip(early, late).map { $0 == $1 ? $0 : nil }, target, index)
          finish(Int(message.receive))
          finish(Int(message.send))
        } else if reached[subject] {
          flying[subject] = true
          let (source, target) = sides(message)
          carried[subject] = try read(source, index)
          // Until it ends, nobody may count on what lies where it lands.
          try write([Element?](repeating: nil, count: Int(target.count)), target, index)
          candidates.append(Int(message.send))
        } else {
          reached[subject] = true
        }
      }
    }
    guard finished == count else { throw Failure(description: "deadlock after \(finished) of \(count)") }
  }

  private func sides(_ message: Message) -> (source: Slice, target: Slice) {
    (program.operands[sliceIndex(message.send)], program.operands[sliceIndex(message.receive)])
  }

  private func sliceIndex(_ operation: Int32) -> Int { Int(program.operandStarts[Int(operation)]) }

  private mutating func compute(_ action: Action, _ slices: [Slice], _ index: Int) throws {
    switch action {
    case .launch: break
    case .copy: try write(read(slices[0], index), slices[1], index)
    case .reduce:
      let target = try read(slices[0], index)
      let source = try read(slices[1], index)
      let sum = zip(target, source).map { left, right in
        left.flatMap { left in right.map { combine(left, $0) } }
      }
      try write(sum, slices[0], index)
    default: throw Failure(description: "no such action in a collective")
    }
  }

  private func read(_ slice: Slice, _ index: Int) throws -> [Element?] {
    try check(slice, index)
    return Array(memory[Int(slice.buffer.index)][Int(slice.offset)..<Int(slice.offset + slice.count)])
  }

  private mutating func write(_ values: [Element?], _ slice: Slice, _ index: Int) throws {
    try check(slice, index)
    guard values.count == Int(slice.count) else { throw Failure(description: "sizes differ") }
    memory[Int(slice.buffer.index)].replaceSubrange(Int(slice.offset)..<Int(slice.offset + slice.count), with: values)
  }

  private func check(_ slice: Slice, _ index: Int) throws {
    guard live[Int(slice.buffer.index)] else {
      throw Failure(description: "not live: \(program.line(ofOperation: index))")
    }
    guard slice.offset >= 0, slice.offset + slice.count <= program.buffers[Int(slice.buffer.index)].elements else {
      throw Failure(description: "out of bounds: \(program.line(ofOperation: index))")
    }
  }
}

extension SeededGenerator {
  /// The next value, without moving on.
  var first: UInt64 {
    var copy = self
    return copy.next()
  }
}
