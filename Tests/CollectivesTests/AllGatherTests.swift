import Collectives
import Programs
import Quantities
import TestSupport
import Testing

@Suite struct AllGatherTests {
  static func lower(
    _ gather: AllGather, _ algorithm: AllGather.Algorithm, inPlace: Bool
  ) -> (program: Program, sources: [Slice], targets: [BufferID]) {
    var builder = ProgramBuilder(worldSize: (gather.group.max() ?? 0) + 1)
    let offsets = gather.offsets
    let targets = gather.group.map {
      builder.buffer(rank: $0, label: "full", elements: gather.totalCount, type: gather.type, persistent: true)
    }
    let sources = gather.group.indices.map { member -> Slice in
      let count = gather.counts[member]
      if inPlace { return Slice(targets[member], offset: Int64(offsets[member]), count: Int64(count)) }
      let shard = builder.buffer(
        rank: gather.group[member], label: "shard", elements: count, type: gather.type, persistent: true)
      return builder.whole(shard)
    }
    gather.lower(
      algorithm, sources: sources, targets: targets,
      ready: [Dependencies](repeating: .none, count: gather.size), into: &builder)
    return (builder.build(), sources, targets)
  }

  @Test(arguments: 1...24) func everyRankHoldsEverything(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for algorithm in AllGather.Algorithm.allCases {
      for inPlace in [false, true] {
        let counts = (0..<count).map { _ in Int.random(in: 0...6, using: &generator) }
        let gather = AllGather(group: Groups.random(count, using: &generator), counts: counts, type: .bf16)
        let (program, sources, targets) = Self.lower(gather, algorithm, inPlace: inPlace)
        for order in Interpreter<Int64>.Order.allCases {
          var interpreter = Interpreter<Int64>(program) { $0 + $1 }
          var expected: [Int64] = []
          for source in sources {
            for element in 0..<Int(source.count) {
              let value = Int64.random(in: -1000...1000, using: &generator)
              interpreter.memory[Int(source.buffer.index)][Int(source.offset) + element] = value
              expected.append(value)
            }
          }
          try interpreter.run(order: order, using: &generator)
          for target in targets { #expect(interpreter.memory[Int(target.index)] == expected) }
        }
      }
    }
  }
}
