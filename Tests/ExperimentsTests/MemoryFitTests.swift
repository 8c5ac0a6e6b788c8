import Attention
import Collectives
import Devices
import Quantities
import TestSupport
import Testing
import Topologies
import Workloads

@testable import Experiments

@Suite struct MemoryFitTests {
  /// Two layers of one head of 10 elements in bf16: 40 B a token and layer, 20 B each of queries and numerators, 2 B a
  /// scalar.
  private func experiment(tokens: Int, devices: Int, layers: Int = 2) throws -> StepExperiment {
    StepExperiment(
      topology: try Shipped.tiny(devices: devices).topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 10), batch: 1, tokens: tokens, type: .bf16),
      layers: layers, ranks: devices, options: StepOptions(collective: .fixed(.ring)))
  }

  @Test("Worked by hand: 40 tokens of two layers on two devices of 1000 B")
  func byHand() throws {
    let experiment = try experiment(tokens: 40, devices: 2)
    // 800 B of shard, 42 B of vectors, 10 B of scratch for half of the numerators; 800 B of the other layer. It fits
    // when 80 B a token and some 50 B are within 1000 B: 11 tokens, which 4 ranks have and 3 (14 tokens) have not.
    let tree = try experiment.run(.tree).fit
    #expect(tree.needed == Bytes(852 + 800))
    #expect(tree.capacity == Bytes(1000))
    #expect(tree.excess == Bytes(652))
    #expect(tree.smallestRanks == 4)
    // Two slots of 800 B and 44 B; three times 40 B a token: 7 tokens, which 6 ranks have.
    let ring = try experiment.run(.ring).fit
    #expect(ring.needed == Bytes(1644 + 800))
    #expect(ring.excess == Bytes(1444))
    #expect(ring.smallestRanks == 6)
    // Each holds all 1600 B of a layer, which no number of ranks changes.
    let gather = try experiment.run(.allGather).fit
    #expect(gather.needed == Bytes(800 + 1600 + 40 + 800))
    #expect(gather.smallestRanks == nil)
    let single = try experiment.run(.single).fit
    #expect(single.needed == Bytes(1600 + 40 + 1600))
    #expect(single.smallestRanks == nil)
    #expect(!single.fits)
  }

  @Test("What fits to the byte fits, and a byte more does not")
  func exactly() throws {
    // 11 tokens of two layers on one device: 880 B and 62 B of vectors with a separate output.
    let single = try experiment(tokens: 11, devices: 1).run(.single).fit
    #expect(single.needed == Bytes(920))
    let workload = try experiment(tokens: 11, devices: 1).workload
    for (capacity, fits) in [(920, true), (919, false)] {
      let topology = try Shipped.tiny(devices: 1, capacity: "\(capacity) B").topology
      let fit = MemoryFit(
        peaks: [Bytes(480)], workload: workload, layers: 2, topology: topology, algorithm: SingleDeviceAttention())
      #expect(fit.fits == fits)
      #expect(fit.excess == Bytes(fits ? 0 : 1))
    }
  }

  @Test("The rank with the least room counts, not the one that needs most")
  func leastRoom() throws {
    let topology = try ResolvedTopology("asymmetric", from: Shipped.library).topology
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 32, kvHeads: 8, keyDim: 128), batch: 1, tokens: 8_000_000, type: .bf16)
    let experiment = StepExperiment(
      topology: topology, workload: workload, layers: 32, ranks: 28, options: StepOptions(collective: .fixed(.ring)))
    let fit = try experiment.run(.tree).fit
    // Ranks 24 to 27 are the cards of 24 GB.
    #expect((24...27).contains(fit.rank))
    #expect(fit.capacity == Bytes(24_000_000_000))
    #expect(!fit.fits)
  }

  @Test(
    "The smallest number of ranks is the smallest: it fits by the closed form, and none below does", arguments: 1...24)
  func smallest(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let kvHeads = Int.random(in: 1...4, using: &generator)
    let workload = AttentionWorkload(
      shape: AttentionShape(
        queryHeads: kvHeads * Int.random(in: 1...4, using: &generator), kvHeads: kvHeads,
        keyDim: Int.random(in: 1...32, using: &generator)),
      batch: Int.random(in: 1...2, using: &generator), tokens: Int.random(in: 1000...20_000, using: &generator),
      type: .bf16, partialType: Bool.random(using: &generator) ? .fp32 : nil)
    let layers = Int.random(in: 1...20, using: &generator)
    let collectives: [CollectiveAlgorithm] = [
      .ring, .binaryTree, .doubleBinaryTree, .halvingDoubling, .hierarchical(inside: .ring, across: .binaryTree),
    ]
    let algorithms: [any AttentionAlgorithm] = [
      RingAttention(), RingAttention(expandsHeads: true), RingAttention(keepsHomeShard: true),
      TreeAttention(
        fusion: TreeAttention.Fusion.allCases.randomElement(using: &generator) ?? .three,
        collective: collectives.randomElement(using: &generator) ?? .ring),
    ]
    // Between a thirtieth and a half of all shards, so that some number of ranks up to a hundred holds them.
    let whole = workload.cacheBytes(tokens: workload.tokens) * layers
    let capacity = Bytes(whole.count / Int64.random(in: 2...30, using: &generator) + 5000)
    let topology = try Shipped.tiny(devices: 2, capacity: "\(capacity.count) B").topology
    let machine = MachineModel(of: topology, first: 2, comparing: Bytes(1))
    for algorithm in algorithms {
      func need(_ ranks: Int) -> Bytes {
        let peaks = algorithm.closedForm(for: workload, on: RankGroup(oneNodeOf: ranks), machine: machine)
          .peakBytesByRank
        return peaks.enumerated().map { rank, peak in
          peak + workload.cacheBytes(tokens: workload.shard(ofRank: rank, of: ranks)) * (layers - 1)
        }.max() ?? .zero
      }
      let peaks = algorithm.closedForm(for: workload, on: RankGroup(oneNodeOf: 2), machine: machine).peakBytesByRank
      let fit = MemoryFit(peaks: peaks, workload: workload, layers: layers, topology: topology, algorithm: algorithm)
      #expect(fit.needed == need(2))
      #expect(fit.fits == (need(2) <= capacity))
      guard !fit.fits else {
        #expect(fit.smallestRanks == nil)
        continue
      }
      let found = try #require(fit.smallestRanks, "\(algorithm.name), \(algorithm.options)")
      #expect(need(found) <= capacity)
      #expect((1..<found).allSatisfy { need($0) > capacity }, "\(algorithm.name), \(algorithm.options): \(found)")
    }
  }

  @Test("A search that can't succeed ends, and soon")
  func hopeless() throws {
    let topology = try ResolvedTopology("dgx-h100-1", from: Shipped.library).topology
    let huge = StepExperiment(
      topology: topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 16, kvHeads: 16, keyDim: 128), batch: 1, tokens: 1_000_000_000_000,
        type: .bf16),
      layers: 1, ranks: 8,
      options: StepOptions(collective: .fixed(.hierarchical(inside: .ring, across: .twoShot))))
    // 8.2e15 B over 80 GB: 102 400 ranks, past the largest number searched.
    let start = ContinuousClock.now
    #expect(try huge.run(.tree).fit.smallestRanks == nil)
    // Nor when the ranks are few but each must hold everything.
    var gathered = huge
    gathered.workload.tokens = 20_000_000
    #expect(try gathered.run(.allGather).fit.smallestRanks == nil)
    #expect(ContinuousClock.now - start < .seconds(60))
  }
}
