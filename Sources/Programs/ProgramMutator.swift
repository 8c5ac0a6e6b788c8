/// Makes wrong programs of a right one.
///
/// Every change can matter: only operations that reach a result are changed (``ProgramLiveness``), and only messages that
/// bring something new; messages change places only when they carry different things that are not two terms of sums of
/// the same elements, nor two blocks of keys that one kernel attends to, which may come in any order; a dependency is dropped only where the two operations use the same
/// elements and no other path orders them. What is asked of the workload is that no rank's block of keys is empty:
/// nothing tells a sum with nothing from its other part.
public struct ProgramMutator: Sendable {
  let program: Program
  let graph: ProgramGraph
  private let reachesResult: [Bool]
  private let contents: [MessageContent]
  /// The buffers that reductions take their sources from.
  private let reduced: Set<Int32>
  /// The buffers of which one kernel attends to several blocks, whose order is nothing to it.
  private let gathered: Set<Int32>

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
    var (reduced, gathered): (Set<Int32>, Set<Int32>) = ([], [])
    for operation in program.kinds.indices where program.kinds[operation] == .compute {
      let slices = Array(program.operands(of: OperationID(Int32(operation))))
      switch program.kernels[Int(program.subjects[operation])].action {
      case .reduce: reduced.formUnion(slices.suffix(1).map(\.buffer.index))
      case .attend where slices.count > 5: gathered.formUnion(slices.dropFirst().dropLast().map(\.buffer.index))
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
    let areBlocks = targets[0] == targets[1] && gathered.contains(targets[0])
    return left.content == right.content || areTerms || areBlocks
  }

  /// The action of a kernel's operation.
  func action(of operation: Int) -> Action { program.kernels[Int(program.subjects[operation])].action }

  /// The one slice of an end of a message.
  func slice(of operation: Int32) -> Slice { program.operands[Int(program.operandStarts[Int(operation)])] }
}
