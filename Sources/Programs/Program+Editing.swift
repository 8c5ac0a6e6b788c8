import Quantities

extension Program {
  /// Replaces what an operation waits for.
  mutating func setDependencies(of operation: Int32, to after: [Int32]) {
    let range = Int(dependencyStarts[Int(operation)])..<Int(dependencyStarts[Int(operation) + 1])
    dependencies.replaceSubrange(range, with: after)
    let change = Int32(after.count - range.count)
    for place in Int(operation) + 1..<dependencyStarts.count { dependencyStarts[place] += change }
  }

  /// Gives an operation more operands, the first of them at a place in ``operands``.
  mutating func insertOperands(_ slices: [Slice], at place: Int, of operation: Int) {
    operands.insert(contentsOf: slices, at: place)
    for next in operation + 1..<operandStarts.count { operandStarts[next] += Int32(slices.count) }
  }

  /// Makes the ends of a message kernels that do nothing, where they stand.
  mutating func removeMessage(_ message: Int) {
    let ends = messages[message]
    let type = buffers[Int(operands[Int(operandStarts[Int(ends.send)])].buffer.index)].type
    for end in [ends.send, ends.receive].map({ Int($0) }) {
      operands.removeSubrange(Int(operandStarts[end])..<Int(operandStarts[end + 1]))
      for next in end + 1..<operandStarts.count { operandStarts[next] -= 1 }
      kinds[end] = .compute
      subjects[end] = Int32(kernels.count)
    }
    kernels.append(.launch(type))
    messages.remove(at: message)
    for operation in 0..<count
    where [.send, .receive].contains(kinds[operation]) && subjects[operation] > Int32(message) {
      subjects[operation] -= 1
    }
  }

  /// Puts a kernel's operation a second time behind itself; what waited for it waits for the second.
  mutating func runTwice(_ operation: Int) {
    let second = Int32(operation) + 1
    func moved(_ index: Int32) -> Int32 { index >= second ? index + 1 : index }
    dependencies = dependencies.map { $0 == Int32(operation) ? second : moved($0) }
    for index in messages.indices {
      messages[index].send = moved(messages[index].send)
      messages[index].receive = moved(messages[index].receive)
    }
    let attention = attentions[Int32(operation)]
    attentions = Dictionary(uniqueKeysWithValues: attentions.map { (moved($0.key), $0.value) })
    attentions[second] = attention
    kinds.insert(kinds[operation], at: Int(second))
    ranks.insert(ranks[operation], at: Int(second))
    streams.insert(streams[operation], at: Int(second))
    subjects.insert(subjects[operation], at: Int(second))
    regionIndices.insert(regionIndices[operation], at: Int(second))
    let end = Int(dependencyStarts[operation + 1])
    dependencies.insert(Int32(operation), at: end)
    dependencyStarts.insert(Int32(end), at: Int(second))
    for place in Int(second) + 1..<dependencyStarts.count { dependencyStarts[place] += 1 }
    let slices = Array(operands(of: OperationID(Int32(operation))))
    let operandEnd = Int(operandStarts[operation + 1])
    operands.insert(contentsOf: slices, at: operandEnd)
    operandStarts.insert(Int32(operandEnd), at: Int(second))
    for place in Int(second) + 1..<operandStarts.count { operandStarts[place] += Int32(slices.count) }
  }
}
