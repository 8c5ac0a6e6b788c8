/// Makes wrong programs of a right one.
///
/// Every change can matter: only operations that reach a result are changed (``ProgramLiveness``), messages change places
/// only when they carry different things, and a dependency is dropped only where the two operations use the same
/// elements and no other path orders them. What is asked of the workload is that no rank's block of keys is empty:
/// nothing tells a sum with nothing from its other part.
public struct ProgramMutator: Sendable {
  let program: Program
  let graph: ProgramGraph
  private let reachesResult: [Bool]
  private let payloads: [Int32]

  /// Prepares the changes.
  ///
  /// - Parameters:
  ///   - program: A program that its ``ProgramAudit`` finds right.
  ///   - graph: Its order by rendezvous.
  ///   - results: What matters when all operations have finished.
  ///   - payloads: For each message a number that two messages share when they carry the same.
  public init(_ program: Program, _ graph: ProgramGraph, results: [Slice], payloads: [Int32]) {
    self.program = program
    self.graph = graph
    self.payloads = payloads
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

  /// The messages that reach a result and carry something.
  var usefulMessages: [Int] {
    program.messages.indices.filter { program.messages[$0].bytes > 0 && reachesResult[Int(program.messages[$0].send)] }
  }

  /// Whether two messages carry the same.
  func carryTheSame(_ first: Int, _ second: Int) -> Bool { payloads[first] == payloads[second] }

  /// The action of a kernel's operation.
  func action(of operation: Int) -> Action { program.kernels[Int(program.subjects[operation])].action }

  /// The one slice of an end of a message.
  func slice(of operation: Int32) -> Slice { program.operands[Int(program.operandStarts[Int(operation)])] }
}
