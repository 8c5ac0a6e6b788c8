import Attention
import Collectives
import Devices
import Programs
import Quantities
import Simulation
import TestSupport
import Testing
import Topologies
import Workloads

@Suite struct ClosedFormTests {
  /// Ranks on one switch, dealt out over nodes, the last of which may be smaller.
  static func cluster(_ size: Int, perNode: Int) -> Topology {
    var topology = SmallClusters.star(size)
    for rank in 0..<size {
      topology.devices[rank].node = rank / perNode
      topology.devices[rank].local = rank % perNode
    }
    return topology
  }

  @Test(arguments: 1...48) func bytesAndMemoryEqualTheSimulationExactly(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    // Every world size up to 48 comes up once, powers of two and primes alike.
    let size = seed
    let topology = Self.cluster(size, perNode: Int.random(in: 1...8, using: &generator))
    let group = RankGroup(first: size, of: topology)
    let machine = MachineModel(of: topology, first: size, comparing: Bytes(1000))
    // Rings have p² messages: of the many that deal out their queries each size gets some, and each comes up often.
    let algorithms =
      AlgorithmCases.replicated + AlgorithmCases.prefillGathers
      + AlgorithmCases.prefillRings.shuffled(using: &generator).prefix(8)
    for algorithm in algorithms {
      let workload = RandomWorkloads.next(using: &generator)
      let program = algorithm.program(for: workload, on: group, keepsOperands: false)
      let run = try Simulator(topology: topology).run(program)
      let formula = algorithm.closedForm(for: workload, on: group, machine: machine)
      let comment = Comment(rawValue: "\(algorithm.name), \(algorithm.options), \(size) ranks, \(workload)")
      #expect(run.bytesSentByRank == formula.bytesSentByRank, comment)
      #expect(run.peakBytesByRank == formula.peakBytesByRank, comment)
      let breakdown = run.peakMemory(ofRank: run.peakRank)
      #expect(breakdown.breakdown.map(\.bytes).reduce(.zero, +) == breakdown.bytes, comment)
    }
  }

  /// What a step asks of the closed form of time.
  private enum Kind: CaseIterable {
    case decode
    case chunkWithoutMask
    case fullPrefill
  }

  /// The largest relative difference of simulated times from the closed form, over random steps with equal shards and
  /// payloads that split evenly by p, by the power of two that halving folds p to, and in two.
  private func largestError(
    _ algorithms: [any AttentionAlgorithm], _ kind: Kind = .decode, on topology: Topology, seed: Int
  ) throws -> (error: Double, of: String) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = topology.deviceCount
    let group = RankGroup(oneNodeOf: size)
    let machine = MachineModel(of: topology, first: size, comparing: Bytes(1000))
    var worst = (error: 0.0, of: "none")
    for round in 0..<(kind == .decode ? 4 : 2) {
      var workload = RandomWorkloads.next(using: &generator)
      workload.tokens = 2 * size * Int.random(in: 1...20_000, using: &generator)
      switch kind {
      case .decode: workload.queryTokens = 1
      case .chunkWithoutMask:
        workload.queryTokens = 2 * size * Int.random(in: 1...workload.tokens / (2 * size), using: &generator)
        workload.mask = .full
      case .fullPrefill:
        workload.queryTokens = workload.tokens
        workload.mask = .causal
      }
      let power = 1 << (Int.bitWidth - 1 - size.leadingZeroBitCount)
      workload.batch = size * power * (round + 1)
      for algorithm in algorithms {
        let run = try Simulator(topology: topology).run(algorithm.program(for: workload, on: group))
        let formula = algorithm.closedForm(for: workload, on: group, machine: machine)
        let error = abs(run.makespan.seconds - formula.time.seconds) / formula.time.seconds
        if error > worst.error {
          worst = (error, "\(algorithm.name), \(algorithm.options), \(size) ranks, \(workload)")
        }
      }
    }
    return worst
  }

  @Test(arguments: [2, 3, 4, 8, 16, 23]) func timeEqualsAlphaBetaWithoutContention(size: Int) throws {
    var wire = SmallClusters.linkClass
    wire.messageOverhead = .zero
    let worst = try largestError(
      AlgorithmCases.trees + AlgorithmCases.rings + AlgorithmCases.baselines,
      on: SmallClusters.mesh(size, linkClass: wire), seed: size)
    #expect(worst.error <= 1e-9, "\(worst.of)")
  }

  @Test(arguments: [2, 3, 4, 8, 16, 23]) func timeEqualsAlphaBetaWhenPostingCosts(size: Int) throws {
    // With one collective, or none, all ranks start what there is together.
    let single =
      AlgorithmCases.rings + AlgorithmCases.baselines + AlgorithmCases.trees.filter { $0.options.hasPrefix("1 ") }
    let worst = try largestError(single, on: SmallClusters.mesh(size), seed: size)
    #expect(worst.error <= 1e-9, "\(worst.of)")
  }

  @Test(arguments: [2, 3, 4, 8, 16, 23]) func timeIsCloseWhenRanksPostAndLeaveOneCollectiveApart(size: Int) throws {
    let several = AlgorithmCases.trees.filter { !$0.options.hasPrefix("1 ") }
    let worst = try largestError(several, on: SmallClusters.mesh(size), seed: size)
    #expect(worst.error <= 0.01, "\(worst.of)")
  }

  @Test(arguments: [1, 2, 3, 4, 8, 16, 23]) func timeOfAPrefillIsExactWithEqualShares(size: Int) throws {
    let sharded = AlgorithmCases.prefillRings + AlgorithmCases.prefillGathers
    for kind in [Kind.chunkWithoutMask, .fullPrefill] {
      let worst = try largestError(sharded, kind, on: SmallClusters.mesh(size), seed: size)
      #expect(worst.error <= 1e-9, "\(kind): \(worst.of)")
    }
    // Replicated queries without a mask are as much work on every rank.
    let replicated =
      AlgorithmCases.rings + AlgorithmCases.baselines + AlgorithmCases.trees.filter { $0.options.hasPrefix("1 ") }
    let worst = try largestError(replicated, .chunkWithoutMask, on: SmallClusters.mesh(size), seed: size)
    #expect(worst.error <= 1e-9, "\(worst.of)")
  }

  @Test(arguments: 1...30) func timeIsABoundFromAboveWhateverTheShares(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed) << 8)
    let size = seed
    let topology = SmallClusters.mesh(size)
    let machine = MachineModel(of: topology, first: size, comparing: Bytes(1000))
    for algorithm in AlgorithmCases.rings + AlgorithmCases.prefillRings {
      var workload = RandomWorkloads.next(using: &generator)
      // Some that a device computes for longer than it moves them, and some that it does not.
      workload.batch *= Bool.random(using: &generator) ? 1 : 64
      let run = try Simulator(topology: topology).run(
        algorithm.program(for: workload, on: RankGroup(oneNodeOf: size), keepsOperands: false))
      let formula = algorithm.closedForm(for: workload, on: RankGroup(oneNodeOf: size), machine: machine)
      #expect(
        run.makespan.seconds <= formula.time.seconds * (1 + 1e-9),
        "\(algorithm.name), \(algorithm.options), \(size) ranks, \(workload)")
    }
  }

  @Test func everyPairOfAQueryAndAKeyIsWorkedOnOnceOverAllRanks() throws {
    var generator = SeededGenerator(seed: 77)
    for size in [1, 2, 3, 7, 12] {
      for algorithm in AlgorithmCases.prefillRings + AlgorithmCases.prefillGathers {
        let workload = RandomWorkloads.next(using: &generator, tokens: 1...300)
        let program = algorithm.program(for: workload, on: RankGroup(oneNodeOf: size))
        let attends = (0..<program.count).filter { program.attention(of: OperationID(Int32($0))) != nil }
        let flops = attends.map { program.kernels[Int(program.subjects[$0])].flops.count }.reduce(0, +)
        // Whole numbers far below 2^53.
        #expect(
          flops == workload.attendFLOPs(queries: workload.queries, keys: workload.keys).count,
          "\(algorithm.name), \(algorithm.options), \(size) ranks, \(workload)")
      }
    }
  }

  @Test func zigzagHalvesACausalRing() throws {
    // 8 ranks that compute for longer than they pass on: of p - 1 whole kernels for others' shards, half is left.
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 32, kvHeads: 8, keyDim: 128), batch: 1, tokens: 131_072, queryTokens: 131_072,
      type: .bf16)
    let group = RankGroup(oneNodeOf: 8)
    let machine = MachineModel(of: SmallClusters.mesh(8), first: 8, comparing: Bytes(1000))
    func time(_ layout: TokenLayout) -> Double {
      RingAttention(queryLayout: layout).closedForm(for: workload, on: group, machine: machine).time.seconds
    }
    // Own shard 1/2 and 7 whole ones, against 8 halves: 7.5 / 4.
    #expect(abs(time(.contiguous) / time(.zigzag) - 7.5 / 4) < 0.02)
  }

  @Test func thePaperFormulasAreOursWhereTheyCountTheSame() throws {
    // The paper's block: 16 heads of 128, b = 1, bf16, with t = N/p whole.
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 16, kvHeads: 16, keyDim: 128), batch: 1, tokens: 5_120_000, type: .bf16)
    let size = 128
    let paper = PaperFormulas(workload: workload, ranks: size)
    let group = RankGroup(oneNodeOf: size)
    let machine = MachineModel(of: SmallClusters.star(size), first: size, comparing: Bytes(1000))
    let ring = RingAttention().closedForm(for: workload, on: group, machine: machine)
    let tree = TreeAttention(collective: .ring).closedForm(for: workload, on: group, machine: machine)
    // The ring's state of 2b·n_h scalars, which the paper leaves out.
    let state = Double(2 * 16 * 2)
    #expect(ring.largestPeak.baseUnits == paper.ringMemory + state)
    // The tree's peak is the paper's plus the largest scratch: a chunk of the maxima is on top of them, and a chunk of
    // the numerators (16 elements) on top of what is left when the maxima are gone.
    #expect(tree.largestPeak.baseUnits == paper.treeMemory + 2)
    #expect(ring.totalBytes.baseUnits == paper.ringStepAllRanks(hops: size - 1))
    #expect(abs(tree.totalBytes.baseUnits - paper.treeStepAllRanks) < 1e-6 * paper.treeStepAllRanks)
  }

  @Test func expandingHeadsMultipliesWhatAHopCarries() throws {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 32, kvHeads: 8, keyDim: 128), batch: 1, tokens: 4000, type: .bf16)
    let group = RankGroup(oneNodeOf: 4)
    let machine = MachineModel(of: SmallClusters.star(4), first: 4, comparing: Bytes(1000))
    let plain = RingAttention().closedForm(for: workload, on: group, machine: machine)
    let expanded = RingAttention(expandsHeads: true).closedForm(for: workload, on: group, machine: machine)
    #expect(expanded.totalBytes == plain.totalBytes * 4)
    // (N/p) · d · 2 tensors · 2 bytes a hop, p − 1 hops, as the paper's code does.
    #expect(expanded.bytesSentByRank[0] == Bytes(1000 * 32 * 128 * 2 * 2 * 3))
  }

  @Test func aRingStepShowsEveryRankEveryShardOnce() throws {
    for size in [1, 2, 3, 7] {
      let workload = AttentionWorkload(
        shape: AttentionShape(queryHeads: 2, kvHeads: 2, keyDim: 4), batch: 1, tokens: 50, type: .fp32)
      let program = RingAttention().program(for: workload, on: RankGroup(oneNodeOf: size))
      for rank in 0..<size {
        let flops = (0..<program.count).filter {
          program.ranks[$0] == Int32(rank) && program.kinds[$0] == .compute
            && program.kernels[Int(program.subjects[$0])].action == .attendInto
        }.map { program.kernels[Int(program.subjects[$0])].flops }
        #expect(flops.count == size)
        #expect(flops.reduce(.zero, +) == workload.attendFLOPs(pairs: 50))
      }
    }
  }
}
