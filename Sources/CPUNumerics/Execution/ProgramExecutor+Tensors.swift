import Programs
import Quantities
import RealModule
import Workloads

extension ProgramExecutor {
  /// Puts into every input buffer whose memory this is the queries, or the keys and values, of the tokens that the program
  /// says it holds.
  ///
  /// - Parameter tensors: The numbers of the workload that the program was built for.
  /// - Throws: ``ExecutionError/badInput(buffer:found:expected:)`` when the program's buffers are of other sizes.
  public mutating func load(_ tensors: AttentionTensors<Scalar>) throws(ExecutionError) {
    for (name, numbers) in [("queries", tensors.queries), ("keys", tensors.keys), ("values", tensors.values)] {
      if let place = numbers.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(tensor: name, element: place, found: "\(numbers[place])")
      }
    }
    for (index, buffer) in program.buffers.enumerated() where memory.holds(index) {
      guard let tokens = program.tokens(heldBy: BufferID(Int32(index))) else { continue }
      switch program.labels[Int(buffer.label)] {
      case "queries": try load(tensors.queries(tokens: tokens), into: index)
      case "KV shard": try load(tensors.cache(tokens: tokens), into: index)
      default: continue
      }
    }
  }

  /// Fills a buffer from its start; a shard's slot may be longer than the shard. Inputs are taken as they are: how they
  /// were stored is the caller's matter.
  private mutating func load(_ numbers: [Scalar], into buffer: Int) throws(ExecutionError) {
    let elements = Int(program.buffers[buffer].elements)
    guard numbers.count <= elements else {
      throw .badInput(buffer: memory.name(buffer), found: numbers.count, expected: elements)
    }
    try memory.write(
      numbers, to: Slice(BufferID(Int32(buffer)), offset: 0, count: Int64(numbers.count)), isCopy: true, by: 0)
  }

  /// The tokens whose queries a rank holds and whose output it makes.
  public func queryTokens(ofRank rank: Int) -> TokenRuns {
    let buffer = program.buffers.indices.first {
      Int(program.buffers[$0].rank) == rank && program.labels[Int(program.buffers[$0].label)] == "queries"
    }
    return buffer.flatMap { program.tokens(heldBy: BufferID(Int32($0))) } ?? .none
  }

  /// The output of a rank, batch × query heads × its query tokens × value dim: what its last kernel has written; nothing
  /// for a rank that has no query.
  ///
  /// - Throws: ``ExecutionError`` when it has not been written.
  public func output(ofRank rank: Int) throws(ExecutionError) -> [Scalar] {
    guard !queryTokens(ofRank: rank).isEmpty else { return [] }
    let last = (0..<program.count).last { program.kinds[$0] == .compute && Int(program.ranks[$0]) == rank }
    guard let last, let target = program.operands(of: OperationID(Int32(last))).last else {
      throw .deadlock(finished: 0, total: program.count)
    }
    return Array(try memory.read(target, by: last))
  }
}
