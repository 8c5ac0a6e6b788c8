import Quantities

extension ProgramMutator {
  typealias Change = (description: String, program: Program)

  /// The blocks of keys of which a kernel's queries see any: the operation and the place of the keys among its operands.
  private var blocks: [(operation: Int, place: Int)] {
    useful(.compute).flatMap { operation -> [(operation: Int, place: Int)] in
      let count = program.operands(of: OperationID(Int32(operation))).count
      let start = Int(program.operandStarts[operation])
      let places: StrideTo<Int>
      switch action(of: operation) {
      case .attend: places = stride(from: 1, to: count - Action.attendOutputs(of: count), by: 2)
      case .attendInto: places = stride(from: 1, to: 3, by: 2)
      default: return []
      }
      let attention = program.attentions[Int32(operation)]
      return places.filter { place in
        program.operands[start + place].count > 0
          && attention.map { $0.mask.pairs(of: $0.queries, with: $0.keys[place / 2]) > 0 } != false
      }.map { (operation, $0) }
    }
  }

  func skippingKeys(_ generator: inout some RandomNumberGenerator) -> Change? {
    guard let block = blocks.randomElement(using: &generator) else { return nil }
    var copy = program
    let keys = Int(program.operandStarts[block.operation]) + block.place
    let count = program.operands[keys].count
    copy.operands[keys].count = 0
    copy.operands[keys + 1].count = 0
    copy.attentions[Int32(block.operation)]?.keys[block.place / 2] = .none
    return ("\(program.place(Int32(block.operation))) leaves out \(count) elements of keys and their values", copy)
  }

  /// The kernel gets a block a second time or, where it takes one block into a state, runs a second time.
  func repeatingKeys(_ generator: inout some RandomNumberGenerator) -> Change? {
    guard let block = blocks.randomElement(using: &generator) else { return nil }
    var copy = program
    let name = program.place(Int32(block.operation))
    if action(of: block.operation) == .attendInto {
      copy.runTwice(block.operation)
      return ("\(name) runs twice", copy)
    }
    let keys = Int(program.operandStarts[block.operation]) + block.place
    copy.insertOperands(Array(program.operands[keys...keys + 1]), at: keys, of: block.operation)
    if let keys = program.attentions[Int32(block.operation)]?.keys[block.place / 2] {
      copy.attentions[Int32(block.operation)]?.keys.insert(keys, at: block.place / 2)
    }
    return ("\(name) takes \(program.operands[keys].count) elements of keys and their values twice", copy)
  }

  /// Another run of elements of the same buffer.
  func movingSlice(of kind: OperationKind, _ generator: inout some RandomNumberGenerator) -> Change? {
    let places = useful(kind).filter { operation in
      // Elsewhere it may do no harm where it brings nothing new.
      if kind == .receive, !isNew(Int(program.subjects[operation])) { return false }
      let own = slice(of: Int32(operation))
      return own.count > 0 && own.count < program.buffers[Int(own.buffer.index)].elements
    }
    guard let operation = places.randomElement(using: &generator) else { return nil }
    let place = Int(program.operandStarts[operation])
    let own = program.operands[place]
    let room = program.buffers[Int(own.buffer.index)].elements - own.count
    // Any place but its own.
    var offset = Int64.random(in: 0..<room, using: &generator)
    if offset >= own.offset { offset += 1 }
    var copy = program
    copy.operands[place].offset = offset
    return (
      """
      \(program.place(Int32(operation))) uses elements \(offset) to \(offset + own.count - 1) of \
      \(program.name(of: own.buffer)) instead of \(own.offset) to \(own.offset + own.count - 1)
      """, copy
    )
  }

  func reducingOtherwise(_ generator: inout some RandomNumberGenerator) -> Change? {
    let places = useful(.compute).filter { operation in
      guard case .reduce = action(of: operation) else { return false }
      return slice(of: Int32(operation)).count > 0
    }
    guard let operation = places.randomElement(using: &generator) else { return nil }
    let others = [Action.copy] + Reduction.allCases.map { .reduce($0) }
    guard let other = others.filter({ $0 != action(of: operation) }).randomElement(using: &generator) else {
      return nil
    }
    var copy = program
    var kernel = program.kernels[Int(program.subjects[operation])]
    kernel.action = other
    if other == .copy {
      // Its source takes the place of what it should have been added to.
      let start = Int(program.operandStarts[operation])
      copy.operands.swapAt(start, start + 1)
    }
    copy.subjects[operation] = Int32(copy.kernels.count)
    copy.kernels.append(kernel)
    return ("\(program.place(Int32(operation))) does '\(other.name)' instead", copy)
  }

  /// A kernel's queries, or a block of its keys, are said to be some tokens further on or back.
  func mistakingPositions(_ generator: inout some RandomNumberGenerator) -> Change? {
    // Queries are the part before the first block.
    let parts = useful(.compute).flatMap { operation -> [(operation: Int32, part: Int)] in
      guard let attention = program.attentions[Int32(operation)] else { return [] }
      return (-1..<attention.keys.count).map { (Int32(operation), $0) }
    }
    for (operation, part) in parts.shuffled(using: &generator) {
      guard let right = program.attentions[operation] else { continue }
      let tokens = part < 0 ? right.queries : right.keys[part]
      guard let lowest = tokens.lowest else { continue }
      let distance = Int.random(in: 1...tokens.count, using: &generator)
      for shift in [distance, -distance].shuffled(using: &generator) where lowest + shift >= 0 {
        let moved = TokenRuns(Self.range(tokens.first, movedBy: shift), Self.range(tokens.second, movedBy: shift))
        var wrong = right
        if part < 0 { wrong.queries = moved } else { wrong.keys[part] = moved }
        // No query sees fewer keys than before while another sees more, so that equal sums are equal throughout.
        guard Self.pairs(wrong) != Self.pairs(right) else { continue }
        var copy = program
        copy.attentions[operation] = wrong
        let noun = part < 0 ? "queries" : "keys"
        return ("\(program.place(operation)) takes \(noun) \(tokens) for \(moved)", copy)
      }
    }
    return nil
  }

  private static func range(_ run: Range<Int>, movedBy shift: Int) -> Range<Int> {
    run.lowerBound + shift..<run.upperBound + shift
  }

  private static func pairs(_ attention: AttendedTokens) -> Double {
    attention.keys.reduce(0) { $0 + attention.mask.pairs(of: attention.queries, with: $1) }
  }
}
