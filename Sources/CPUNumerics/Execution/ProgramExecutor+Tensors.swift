import Programs
import RealModule
import Workloads

extension ProgramExecutor {
  /// Puts the queries on every rank whose memory this is and each rank's share of the tokens into its KV shard.
  ///
  /// - Parameter tensors: The numbers of the workload that the program was built for.
  /// - Throws: ``ExecutionError/badInput(buffer:found:expected:)`` when the program's buffers are of other sizes.
  public mutating func load(_ tensors: AttentionTensors<Scalar>) throws(ExecutionError) {
    for (name, numbers) in [("queries", tensors.queries), ("keys", tensors.keys), ("values", tensors.values)] {
      if let place = numbers.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(tensor: name, element: place, found: "\(numbers[place])")
      }
    }
    var first = 0
    let shards = (0..<program.worldSize).map { rank -> Range<Int> in
      let count = workload.shard(ofRank: rank, of: program.worldSize)
      defer { first += count }
      return first..<first + count
    }
    for (index, buffer) in program.buffers.enumerated() where buffer.persistent && memory.holds(index) {
      switch program.labels[Int(buffer.label)] {
      case "queries": try load(tensors.queries, into: index)
      case "KV shard": try load(tensors.cache(tokens: shards[Int(buffer.rank)]), into: index)
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

  /// The output of a rank, batch × query heads × value dim: what its last kernel has written.
  ///
  /// - Throws: ``ExecutionError`` when it has not been written.
  public func output(ofRank rank: Int) throws(ExecutionError) -> [Scalar] {
    let last = (0..<program.count).last { program.kinds[$0] == .compute && Int(program.ranks[$0]) == rank }
    guard let last, let target = program.operands(of: OperationID(Int32(last))).last else {
      throw .deadlock(finished: 0, total: program.count)
    }
    return Array(try memory.read(target, by: last))
  }
}
