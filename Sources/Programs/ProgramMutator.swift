/// Makes wrong programs of a right one.
///
/// Every change can matter: only operations that reach a result are changed (``ProgramLiveness``), only blocks of keys of
/// which a query sees any, and only messages that bring something new; messages change places only when they carry
/// different things that are not two terms of sums of the same elements, nor two blocks of keys that one kernel attends to
/// in any order; a dependency is dropped only where the two operations use the same elements and no other path orders
/// them. What is asked of the workload is that every rank has keys and queries: ranks without may get blocks in any order, and
/// nothing tells a sum with nothing from its other part. So where states are reduced every query must see a key of every
/// block.
public struct ProgramMutator: Sendable {
  let program: Program
  let graph: ProgramGraph
  private let reachesResult: [Bool]
  private let contents: [MessageContent]
  /// The buffers that reductions take their sources from.
  private let reduced: Set<Int32>
  /// The buffers of which one kernel attends to several blocks, with its operation.
  private let gathered: [Int32: Int]

  /// Prepares the changes.
  ///
  /// - Parameters:
  ///   - program: A program that its ``ProgramAudit`` finds right.
  ///   - graph: Its order by rendezvous.
  ///   - results: What matters when all operations have finished.
  ///   - contents: What each message carries.
  public init(_ program: Program, _ graph: ProgramGraph, results: [Slice], contents: [MessageContent]) {
    self.program = program
    self.graph = graph
    self.contents = contents
    var reduced: Set<Int32> = []
    var gathered: [Int32: Int] = [:]
    for operation in program.kinds.indices where program.kinds[operation] == .compute {
      let slices = Array(program.operands(of: OperationID(Int32(operation))))
      switch program.kernels[Int(program.subjects[operation])].action {
      case .reduce: reduced.formUnion(slices.suffix(1).map(\.buffer.index))
      case .attend where slices.count > 5:
        for slice in slices.dropFirst().dropLast() { gathered[slice.buffer.index] = operation }
      default: continue
      }
    }
    (self.reduced, self.gathered) = (reduced, gathered)
    reachesResult = ProgramLiveness(program, graph, results: results).reachesResult
  }

  /// Makes one change of a kind, chosen by chance; nil when the program has no place for it.
  public func draw(
    _ kind: ProgramMutation.Kind, using generator: inout some RandomNumberGenerator
  ) -> ProgramMutation? {
    let change: (description: String, program: Program)? =
      switch kind {
      case .skipsKeys: skippingKeys(&generator)
      case .repeatsKeys: repeatingKeys(&generator)
      case .sendsOthers: movingSlice(of: .send, &generator)
      case .landsElsewhere: movingSlice(of: .receive, &generator)
      case .reducesOtherwise: reducingOtherwise(&generator)
      case .waitsForNothing: notWaiting(&generator)
      case .dropsMessage: droppingMessage(&generator)
      case .sendsToWrongRank: exchangingMessages(toOneRank: false, &generator)
      case .swapsMessages: exchangingMessages(toOneRank: true, &generator)
      case .freesEarly: freeingEarly(&generator)
      case .mistakesPositions: mistakingPositions(&generator)
      }
    return change.map { ProgramMutation(kind: kind, description: $0.description, program: $0.program) }
  }

  /// The operations of a kind that reach a result.
  func useful(_ kind: OperationKind) -> [Int] {
    (0..<program.count).filter { program.kinds[$0] == kind && reachesResult[$0] }
  }

  /// The messages that reach a result and carry something; those that bring nothing new may be among them.
  var usefulMessages: [Int] {
    program.messages.indices.filter { program.messages[$0].bytes > 0 && reachesResult[Int(program.messages[$0].send)] }
  }

  /// Whether a message changes what its target holds.
  func isNew(_ message: Int) -> Bool { contents[message].isNew }

  /// Whether nothing is other when two messages arrive in each other's place.
  func areAlike(_ first: Int, _ second: Int) -> Bool {
    let (left, right) = (contents[first], contents[second])
    let targets = [first, second].map { slice(of: program.messages[$0].receive).buffer.index }
    let areTerms = targets.allSatisfy(reduced.contains) && left.elements == right.elements
    return left.content == right.content || areTerms || areBlocksInAnyOrder(first, second)
  }

  /// Whether two messages bring one kernel blocks of keys whose order is nothing to it: every query sees all of them, or
  /// none sees any.
  private func areBlocksInAnyOrder(_ first: Int, _ second: Int) -> Bool {
    let targets = [first, second].map { slice(of: program.messages[$0].receive) }
    guard targets[0].buffer == targets[1].buffer, let operation = gathered[targets[0].buffer.index],
      let attention = program.attentions[Int32(operation)]
    else { return false }
    let start = Int(program.operandStarts[operation])
    let blocks = attention.keys.indices.filter { block in
      (1...2).contains { part in targets.contains { $0.overlaps(program.operands[start + 2 * block + part]) } }
    }
    func seen(_ block: Int) -> Double { attention.mask.pairs(of: attention.queries, with: attention.keys[block]) }
    return blocks.allSatisfy { seen($0) == 0 }
      || blocks.allSatisfy { seen($0) == Double(attention.queries.count * attention.keys[$0].count) }
  }

  /// The action of a kernel's operation.
  func action(of operation: Int) -> Action { program.kernels[Int(program.subjects[operation])].action }

  /// The one slice of an end of a message.
  func slice(of operation: Int32) -> Slice { program.operands[Int(program.operandStarts[Int(operation)])] }
}
