import Collectives
import Programs
import Quantities

/// One all-reduce and nothing else, as a program.
struct LoweredProgram {
  let allReduce: AllReduce
  let program: Program
  let buffers: [BufferID]
  let done: [Dependencies]

  init(
    _ allReduce: AllReduce, _ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil, worldSize: Int? = nil,
    keepsOperands: Bool = true
  ) {
    self.allReduce = allReduce
    var builder = ProgramBuilder(
      worldSize: worldSize ?? (allReduce.group.max() ?? 0) + 1, keepsOperands: keepsOperands)
    buffers = allReduce.group.map {
      builder.buffer(
        rank: $0, label: "state", elements: allReduce.payload.elements, type: allReduce.payload.type, persistent: true)
    }
    done = allReduce.lower(
      algorithm, buffers: buffers, nodes: nodes,
      ready: [Dependencies](repeating: .none, count: allReduce.size), into: &builder)
    program = builder.build()
  }

  /// What each rank of the program sends, counted message by message.
  var messagesByRank: [Int] {
    var counts = [Int](repeating: 0, count: program.worldSize)
    for message in program.messages { counts[Int(message.from)] += 1 }
    return counts
  }
}
