import Attention
import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics
@testable import Programs

/// Which tokens reach each output, how often, and what the audit says where they do not.
@Suite struct CoverageAuditTests {
  static func shards(_ algorithm: any AttentionAlgorithm) -> CoverageAudit.Shards {
    guard let ring = algorithm as? RingAttention else { return .home }
    return ring.hops == .fewest && !ring.keepsHomeShard && !ring.expandsHeads ? .rotatedByOne : .home
  }

  static func faults(
    _ program: Program, _ workload: AttentionWorkload, _ shards: CoverageAudit.Shards = .home
  ) -> [ProgramFault] {
    let audit = ProgramAudit(program)
    guard let graph = audit.graph, !audit.faults.contains(where: { $0.kind == .structure }) else { return audit.faults }
    return audit.faults + CoverageAudit(program, graph, workload: workload, shards: shards).faults
  }

  private static let workload = AttentionWorkload(
    shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 3), batch: 1, tokens: 20, type: .bf16, partialType: .fp32)

  /// Decode steps, chunks of prefills and full ones, with each mask; fewer tokens than ranks too, with and without receive
  /// buffers.
  @Test(arguments: AlgorithmCases.all.indices)
  func everyProgramIsRightInAnyOrder(index: Int) {
    let algorithm = AlgorithmCases.all[index]
    var generator = SeededGenerator(seed: UInt64(index))
    for (round, ranks) in [1, 2, 3, 5, 8, 12].enumerated() {
      var workload = RandomWorkloads.next(using: &generator, tokens: 1...40)
      // Where there is nothing to expand, nothing is, and the shards themselves rotate.
      while workload.shape.expanded == workload.shape {
        workload = RandomWorkloads.next(using: &generator, tokens: 1...40)
      }
      if round == 0 { workload.queryTokens = 1 }
      let group = ExecutionTests.group(algorithm, ranks: ranks, nodes: 1 + round % 3)
      let program = algorithm.program(for: workload, on: group)
      #expect(Self.faults(program, workload, Self.shards(algorithm)).isEmpty, "\(algorithm.options): \(workload)")
      #expect(ProgramAudit(program, messaging: .buffered).faults.isEmpty, "\(algorithm.options): \(workload)")
    }
  }

  @Test func aBlockTakenTwiceInAnothersPlaceIsNamed() throws {
    var program = AllGatherAttention(gather: .direct).program(for: Self.workload, on: RankGroup(oneNodeOf: 4))
    let attend = try #require((0..<program.count).last { program.ranks[$0] == 3 && program.kinds[$0] == .compute })
    let start = Int(program.operandStarts[attend])
    program.operands[start + 5] = program.operands[start + 3]
    program.operands[start + 6] = program.operands[start + 4]
    let coverage = "rank 3's output has tokens 5 to 9 twice and lacks tokens 10 to 14"
    let faults = Self.faults(program, Self.workload).map(\.description)
    #expect(faults.count == 2 && faults[1] == coverage)
    #expect(faults[0].hasSuffix(" says keys 10-14, its operand holds 5-9"), "\(faults)")
    // A kernel that says so attends to the wrong tokens all the same.
    program.attentions[Int32(attend)]?.keys[2] = TokenRuns(5..<10)
    #expect(Self.faults(program, Self.workload).map(\.description) == [coverage])
  }

  @Test func keysMustMeetTheirOwnValues() throws {
    var program = AllGatherAttention(gather: .direct).program(for: Self.workload, on: RankGroup(oneNodeOf: 4))
    let attend = try #require((0..<program.count).last { program.ranks[$0] == 3 && program.kinds[$0] == .compute })
    let start = Int(program.operandStarts[attend])
    program.operands.swapAt(start + 4, start + 6)
    let faults = Self.faults(program, Self.workload).map(\.description)
    #expect(faults.contains { $0.contains("attends to what are not keys with their values") }, "\(faults)")
    #expect(faults.contains("rank 3's output is not attention"))
  }

  /// Part of a block is a run of tokens where there is one KV head; with several, rows would be cut wrongly.
  @Test func partOfABlockIsItsTokens() throws {
    for kvHeads in [1, 2] {
      let shape = AttentionShape(queryHeads: 2, kvHeads: kvHeads, keyDim: 3)
      let workload = AttentionWorkload(shape: shape, batch: 1, tokens: 8, type: .bf16)
      var program = SingleDeviceAttention().program(for: workload, on: RankGroup(oneNodeOf: 1))
      let attend = try #require(program.kinds.firstIndex(of: .compute))
      let start = Int(program.operandStarts[attend])
      for place in start + 1...start + 2 {
        program.operands[place].offset += Int64(2 * kvHeads * 3)
        program.operands[place].count -= Int64(3 * kvHeads * 3)
      }
      program.attentions[Int32(attend)]?.keys = [kvHeads == 1 ? TokenRuns(2..<7) : TokenRuns(1..<6)]
      let faults = Self.faults(program, workload).map(\.description)
      if kvHeads == 1 {
        #expect(faults == ["rank 0's output lacks tokens 0 to 1 and token 7"])
      } else {
        #expect(
          faults.dropFirst() == [
            "rank 0's output is not attention (head 0)", "rank 0's output lacks token 0 and tokens 6 to 7 (head 1)",
          ])
      }
    }
  }

  @Test func aSumOverDifferentMaximaIsNone() throws {
    var program = TreeAttention(fusion: .three, collective: .ring).program(
      for: Self.workload, on: RankGroup(oneNodeOf: 2))
    // Rank 0 scales by its own LSE.
    let rescale = try #require(
      (0..<program.count).first {
        program.kinds[$0] == .compute && program.kernels[Int(program.subjects[$0])].action == .rescale
      })
    let maxima = program.operands[Int(program.operandStarts[rescale]) + 2].buffer
    for operation in 0..<program.count
    where program.kinds[operation] == .receive
      && program.operands[Int(program.operandStarts[operation])].buffer == maxima
    {
      program.removeMessage(Int(program.subjects[operation]))
    }
    let faults = Self.faults(program, Self.workload).map(\.description)
    #expect(
      faults.contains { $0.contains("what does not go together") || $0.contains("leaves its own LSE out") }, "\(faults)"
    )
    #expect(faults.contains { $0.hasPrefix("rank 1's output is not attention") }, "\(faults)")
  }

  @Test func theShardsMustLieWhereTheyAreSaidTo() {
    let group = RankGroup(oneNodeOf: 3)
    for hops in RingAttention.Hops.allCases {
      let program = RingAttention(hops: hops).program(for: Self.workload, on: group)
      let (home, rotated) = (
        Self.faults(program, Self.workload, .home), Self.faults(program, Self.workload, .rotatedByOne)
      )
      #expect(home.isEmpty == (hops == .homecoming))
      // After p hops the buffer that was sent last still holds the next rank's.
      #expect(rotated.isEmpty)
      if hops == .fewest {
        #expect(home[0].description == "rank 0 does not hold the keys and values of tokens 0 to 6 when all is done")
      }
    }
  }

  /// A kernel copies keys onto themselves while another reads them: no execution can show it, a device might.
  @Test func aRaceThatNoExecutionShows() throws {
    let workload = Self.workload
    func program(waits: Bool) -> Program {
      var builder = ProgramBuilder(worldSize: 1)
      let original = SingleDeviceAttention().program(for: workload, on: RankGroup(oneNodeOf: 1))
      let buffers = original.buffers.enumerated().map { index, buffer in
        builder.buffer(
          rank: 0, label: original.labels[Int(buffer.label)], elements: Int(buffer.elements), type: buffer.type,
          persistent: buffer.persistent, holding: original.tokens(heldBy: BufferID(Int32(index))))
      }
      let live = builder.allocate(buffers[2])
      let same = Slice(buffers[1], offset: 0, count: 6)
      let copied = builder.compute(
        Kernel(action: .copy, flops: .zero, bytes: .zero, type: .bf16, launched: false), rank: 0, stream: .unordered,
        operands: [same, same])
      let kernel = original.kernels[0]
      builder.compute(
        kernel, rank: 0, operands: Array(original.operands(of: OperationID(1))),
        attending: original.attention(of: OperationID(1)), after: waits ? .two(live, copied) : .one(live))
      return builder.build()
    }
    let tensors = AttentionTensors<Double>(workload: workload, seed: 1)
    let exact = ExactAttention(tensors)
    #expect(Self.faults(program(waits: true), workload).isEmpty)
    #expect(!MutationTests.executionCatches(program(waits: false), tensors, exact, orders: 100))
    #expect(Self.faults(program(waits: false), workload).map(\.kind) == [.race])
  }

  /// More than 100,000 operations: chains on streams, and an exchange in which nothing is on a stream.
  @Test(arguments: [0, 1])
  func largeProgramsAreAudited(index: Int) {
    let algorithms: [(any AttentionAlgorithm, Int)] = [
      (RingAttention(), 160), (TreeAttention(fusion: .one, collective: .flat(.oneShot)), 190),
    ]
    let (algorithm, ranks) = algorithms[index]
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 2, kvHeads: 1, keyDim: 64), batch: 1, tokens: 1_000_000, type: .bf16,
      partialType: .fp32)
    let program = algorithm.program(for: workload, on: RankGroup(oneNodeOf: ranks))
    #expect(program.count > 100_000)
    #expect(Self.faults(program, workload, Self.shards(algorithm)).isEmpty)
  }

  @Test func countsAreThoseOfEachToken() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<300 {
      var counts = TokenCounts.none
      var model = [Int](repeating: 0, count: 30)
      for _ in 0..<Int.random(in: 0...5, using: &generator) {
        let start = Int.random(in: 0...30, using: &generator)
        let range = start..<Int.random(in: start...30, using: &generator)
        counts = counts.adding(TokenCounts(range))
        for token in range { model[token] += 1 }
      }
      var found = [Int](repeating: 0, count: 30)
      for run in counts.runs { for token in run.start..<run.end { found[token] += run.count } }
      #expect(found == model)
      #expect(zip(counts.runs, counts.runs.dropFirst()).allSatisfy { $0.end < $1.start || $0.count != $1.count })
      #expect((counts.complaint(tokens: 30) == nil) == model.allSatisfy { $0 == 1 })
    }
    let odd = TokenCounts(0..<5).adding(TokenCounts(3..<5)).adding(TokenCounts(4..<5)).adding(TokenCounts(7..<8))
    #expect(odd.complaint(tokens: 9) == "has token 3 twice and has token 4 3 times and lacks tokens 5 to 6 and token 8")
  }

  // MARK: Several query tokens

  /// A full prefill, or a chunk of one, of 20 tokens on four ranks, and the kernel of the last rank.
  private static func causal(
    _ algorithm: any AttentionAlgorithm, queryTokens: Int = 20
  ) throws -> (program: Program, workload: AttentionWorkload, attend: Int) {
    var workload = workload
    workload.queryTokens = queryTokens
    let program = algorithm.program(for: workload, on: RankGroup(oneNodeOf: 4))
    #expect(faults(program, workload, shards(algorithm)).isEmpty)
    let attend = program.attentions.keys.filter { program.ranks[Int($0)] == 3 }.max()
    return (program, workload, Int(try #require(attend)))
  }

  /// Takes a block from a kernel, which then says that it has none.
  private static func leaveOut(_ block: Int, of attend: Int, _ program: inout Program) {
    let start = Int(program.operandStarts[attend])
    for place in start + 1 + 2 * block...start + 2 + 2 * block { program.operands[place].count = 0 }
    program.attentions[Int32(attend)]?.keys[block] = .none
  }

  /// Contiguous queries see all of what is before them, those of the diagonal up to their own, none of what is after.
  @Test func whatQueriesLackIsNamed() throws {
    let gather = AllGatherAttention(gather: .direct, queryLayout: .contiguous)
    for (block, expected) in [
      (1, "rank 3, queries 15-19 lack tokens 5 to 9"),
      (3, "rank 3, queries 15-19 lack what they see of tokens 15 to 19"),
    ] {
      var (program, workload, attend) = try Self.causal(gather)
      Self.leaveOut(block, of: attend, &program)
      #expect(Self.faults(program, workload).map(\.description) == [expected])
    }
    var (program, workload, _) = try Self.causal(gather)
    let first = try #require(program.attentions.keys.first { program.ranks[Int($0)] == 0 })
    Self.leaveOut(3, of: Int(first), &program)
    #expect(Self.faults(program, workload).isEmpty, "rank 0 sees nothing of the last block")
  }

  /// A zigzag share is two runs of queries, of which a block may concern one.
  @Test func whatSomeQueriesLackIsNamed() throws {
    var (program, workload, _) = try Self.causal(RingAttention(queryLayout: .zigzag))
    let attend = try #require(
      program.attentions.first { $0.value.description == "causal, queries 6-8, 14-15 to keys 9-13" })
    Self.leaveOut(0, of: Int(attend.key), &program)
    #expect(
      Self.faults(program, workload, .rotatedByOne).map(\.description)
        == ["rank 2, queries 14-15 lack tokens 9 to 13"])
  }

  /// What one rank leaves out of a sum is missed by all.
  @Test func whatAReductionLacksIsNamed() throws {
    for fusion in TreeAttention.Fusion.allCases {
      var (program, workload, attend) = try Self.causal(
        TreeAttention(fusion: fusion, collective: .ring), queryTokens: 4)
      Self.leaveOut(0, of: attend, &program)
      #expect(
        Self.faults(program, workload).map(\.description)
          == (0..<4).map { "rank \($0), queries 16-19 lack what they see of tokens 15 to 19" })
    }
  }

  @Test func whatQueriesHaveTwiceIsNamed() throws {
    var (program, workload, attend) = try Self.causal(RingAttention(queryLayout: .contiguous))
    program.runTwice(attend)
    let keys = try #require(program.attentions[Int32(attend)]?.keys[0])
    #expect(program.attentions[Int32(attend) + 1] == program.attentions[Int32(attend)])
    #expect(
      Self.faults(program, workload, .rotatedByOne).map(\.description)
        == ["rank 3, queries 15-19 have \(TokenCounts.name(keys.first.lowerBound, keys.first.upperBound)) twice"])
  }

  @Test func whatKernelsSayOfTheirOperandsMustBeSo() throws {
    let gather = AllGatherAttention(gather: .ring, queryLayout: .zigzag)
    let (program, workload, attend) = try Self.causal(gather)
    let attention = try #require(program.attentions[Int32(attend)])
    func faults(_ change: (inout AttendedTokens) -> Void) -> [String] {
      var (copy, wrong) = (program, attention)
      change(&wrong)
      copy.attentions[Int32(attend)] = wrong
      return Self.faults(copy, workload).map(\.description)
    }
    let keys = faults { $0.keys[1] = TokenRuns(4..<9) }
    #expect(keys.count == 1 && keys[0].hasPrefix("rank 3's #\(attend) compute attend"), "\(keys)")
    #expect(keys[0].hasSuffix(" says keys 4-8, its operand holds \(attention.keys[1])"), "\(keys)")
    let queries = faults { $0.queries = TokenRuns(0..<5) }
    #expect(queries.count == 1 && queries[0].hasSuffix(" says queries 0-4, its operand holds \(attention.queries)"))
    let mask = faults { $0.mask = .full }
    #expect(mask.count == 1 && mask[0].hasSuffix(" says the mask is full, that of the step is causal"), "\(mask)")
    let blocks = faults { $0.keys.removeLast() }
    #expect(blocks[0].hasSuffix(" does not say which tokens its 4 blocks of keys are of"), "\(blocks)")
    #expect(blocks.last == "rank 3's output is not attention")
    var silent = program
    silent.attentions[Int32(attend)] = nil
    let unsaid = Self.faults(silent, workload).map(\.description)
    #expect(
      unsaid.count == 2 && unsaid[0].hasSuffix(" does not say which tokens its 4 blocks of keys are of"), "\(unsaid)")
  }

  @Test func someRankMustHaveEachQuery() throws {
    let gather = AllGatherAttention(gather: .ring, queryLayout: .contiguous)
    var (program, workload, attend) = try Self.causal(gather)
    let buffer = program.operands[Int(program.operandStarts[attend])].buffer
    program.heldTokens[buffer.index] = TokenRuns(10..<15)
    program.attentions[Int32(attend)]?.queries = TokenRuns(10..<15)
    #expect(Self.faults(program, workload).map(\.description) == ["no rank has the queries of tokens 15 to 19"])
    program.heldTokens[buffer.index] = TokenRuns(14..<20)
    #expect(
      Self.faults(program, workload)[0].description
        == "'queries' of rank 3 has \(5 * 12) elements, expected \(6 * 12) for tokens 14-19")
  }

  /// A step of 131,072 query tokens costs no more than one of one.
  @Test func longPrefillsAreAuditedByTheirRuns() {
    for algorithm: any AttentionAlgorithm in [
      RingAttention(queryLayout: .zigzag), TreeAttention(fusion: .one, collective: .ring),
      TreeAttention(fusion: .two, collective: .flat(.twoShot)), AllGatherAttention(gather: .ring, queryLayout: .zigzag),
    ] {
      let workload = AttentionWorkload(
        shape: AttentionShape(queryHeads: 8, kvHeads: 2, keyDim: 64), batch: 2, tokens: 131_072, queryTokens: 131_072,
        mask: .causal, type: .bf16, partialType: .fp32)
      let program = algorithm.program(for: workload, on: RankGroup(oneNodeOf: 16))
      #expect(Self.faults(program, workload, Self.shards(algorithm)).isEmpty, "\(algorithm.options)")
    }
  }

  /// Set beside counting for each query and each token.
  @Test func complaintsAreOfWhatQueriesSee() {
    var generator = SeededGenerator(seed: 6)
    for round in 0..<500 {
      let tokens = 20
      func range() -> Range<Int> {
        let start = Int.random(in: 0...tokens, using: &generator)
        return start..<Int.random(in: start...tokens, using: &generator)
      }
      let ranges = (0..<Int.random(in: 0...3, using: &generator)).map { _ in range() } + [0..<round % 30 / 10 * 10]
      let mask = AttentionMask.allCases[round % 2]
      let queries = range()
      let covered = CoveredTokens(queries: TokenRuns(queries), keys: TokenCounts(ranges))
      let complaints = covered.complaints(of: [queries].filter { !$0.isEmpty }, mask: mask, tokens: tokens)
      let wrong = queries.filter { query in
        (0..<tokens).contains { token in
          (mask == .full || token <= query) && ranges.count { $0.contains(token) } != 1
        }
      }
      #expect(complaints.isEmpty == wrong.isEmpty, "\(covered): \(complaints)")
      // The first to be named is the first of whom something is to be said.
      if let first = wrong.first {
        #expect(complaints[0].hasPrefix("quer") && complaints[0].split(separator: " ")[1].hasPrefix("\(first)"))
      }
    }
  }
}
