import Attention
import Collectives
import Experiments
import Quantities
import ResultStore
import Simulation
import TestSupport
import Testing
import Topologies
import Workloads

@Suite struct StepExperimentTests {
  private static func workload(batch: Int = 1, tokens: Int = 1000, heads: Int = 16, dim: Int = 128) -> AttentionWorkload
  {
    AttentionWorkload(
      shape: AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: dim), batch: batch, tokens: tokens, type: .bf16)
  }

  /// What `validate` says of a step on the eight GPUs of a DGX.
  private func refusal(
    _ workload: AttentionWorkload, layers: Int = 1, ranks: Int = 8, choices: [AlgorithmChoice] = [.tree, .ring]
  ) throws -> String? {
    let topology = try ResolvedTopology("dgx-h100-1", from: Shipped.library).topology
    let experiment = StepExperiment(topology: topology, workload: workload, layers: layers, ranks: ranks)
    do {
      try experiment.validate(choices)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("The numbers of a step have limits, both ends of which are within")
  func limits() throws {
    for batch in [1, 1_000_000] { #expect(try refusal(Self.workload(batch: batch)) == nil) }
    for batch in [0, -1, .min, .max, 1_000_001] {
      #expect(try refusal(Self.workload(batch: batch))?.hasPrefix("--batch: found \(batch)") == true)
    }
    for tokens in [1, 1_000_000_000_000] { #expect(try refusal(Self.workload(tokens: tokens)) == nil) }
    for tokens in [0, -1, .min, .max, 1_000_000_000_001] {
      #expect(try refusal(Self.workload(tokens: tokens))?.hasPrefix("--tokens: found \(tokens)") == true)
    }
    for ranks in [1, 8] { #expect(try refusal(Self.workload(), ranks: ranks) == nil) }
    for ranks in [0, -1, 9, .max, .min] {
      #expect(
        try refusal(Self.workload(), ranks: ranks)?.hasPrefix("--gpus \(ranks): the topology 'dgx-h100-1'") == true)
    }
    #expect(try refusal(Self.workload(batch: 1_000_000, tokens: 1_000_000_000_000))?.contains("KV cache") == true)
    #expect(try refusal(Self.workload(tokens: 1_000_000_000_000, heads: 65_536, dim: 65_536)) != nil)
    #expect(try refusal(Self.workload(tokens: 1_000_000_000), layers: 100_000)?.contains("KV cache") == true)
  }

  @Test("Sums of bytes that 64 bits can't count are refused before anything is built")
  func trafficSize() throws {
    let topology = try ResolvedTopology("dgx-h100-16", from: Shipped.library).topology
    func accepts(tokens: Int, batch: Int, heads: Int, headDim: Int, _ choice: AlgorithmChoice) -> Bool {
      let shape = AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: headDim)
      let workload = AttentionWorkload(shape: shape, batch: batch, tokens: tokens, type: .bf16)
      let experiment = StepExperiment(topology: topology, workload: workload, layers: 1, ranks: 128)
      return (try? experiment.validate([choice])) != nil
    }
    #expect(accepts(tokens: 1_000_000_000, batch: 1, heads: 1000, headDim: 120, .ring))
    #expect(!accepts(tokens: 100_000_000_000, batch: 1, heads: 1000, headDim: 120, .ring))
    #expect(!accepts(tokens: 1, batch: 1_000_000, heads: 65536, headDim: 65536, .tree))
  }

  @Test("A program too large for memory is refused, and one that is not is let through")
  func programSize() throws {
    let overrides = [try Override(parsing: "nodes.dgx.count=1024")]
    let topology = try ResolvedTopology("dgx-h100-16", from: Shipped.library, overrides: overrides).topology
    func accepts(_ choice: AlgorithmChoice, _ ranks: Int, _ options: StepOptions = StepOptions()) -> Bool {
      let experiment = StepExperiment(
        topology: topology, workload: Self.workload(tokens: 1_000_000), layers: 1, ranks: ranks, options: options)
      return (try? experiment.validate([choice])) != nil
    }
    #expect(accepts(.ring, 3162))
    #expect(!accepts(.ring, 3163))
    #expect(accepts(.allGather, 4472))
    #expect(!accepts(.allGather, 4473))
    #expect(accepts(.tree, 8192))
    #expect(accepts(.single, 8192))
    #expect(!accepts(.tree, 8192, StepOptions(collective: .fixed(.oneShot))))
    #expect(accepts(.tree, 8192, StepOptions(collective: .fixed(.halvingDoubling))))
  }

  /// Options drawn at random.
  private static func options(using generator: inout SeededGenerator) -> StepOptions {
    let collectives: [CollectiveChoice] =
      [
        .auto, .fixed(.ring), .fixed(.binaryTree), .fixed(.doubleBinaryTree), .fixed(.halvingDoubling),
        .fixed(.oneShot), .fixed(.twoShot), .fixed(.hierarchical(inside: .ring, across: .halvingDoubling)),
        .fixed(.hierarchical(inside: .twoShot, across: .binaryTree)),
      ]
    return StepOptions(
      fusion: TreeAttention.Fusion.allCases.randomElement(using: &generator) ?? .three,
      collective: collectives.randomElement(using: &generator) ?? .auto,
      hops: RingAttention.Hops.allCases.randomElement(using: &generator) ?? .fewest,
      overlapsTransfer: Bool.random(using: &generator), expandsHeads: Bool.random(using: &generator),
      keepsHomeShard: Bool.random(using: &generator))
  }

  @Test(
    "Simulated bytes and memory are those of the closed form, and the record is whole, on every topology",
    arguments: Shipped.library.topologies.names())
  func agreement(name: String) throws {
    let place = Shipped.library.topologies.names().firstIndex(of: name) ?? 0
    var generator = SeededGenerator(seed: place)
    let topology = try ResolvedTopology(name, from: Shipped.library).topology
    let models = Shipped.library.models.names()
    // Three models each, so that every model meets several topologies.
    for model in (0..<3).map({ models[(3 * place + $0) % models.count] }) {
      let shape = try ResolvedModel(model, from: Shipped.library).model
      let type = DataType.allCases.randomElement(using: &generator) ?? .bf16
      let workload = AttentionWorkload(
        shape: shape.attention, batch: Int.random(in: 1...3, using: &generator),
        tokens: Int.random(in: 1...3000, using: &generator), type: type,
        partialType: Bool.random(using: &generator) ? .fp32 : nil)
      // Most groups are small, so that the suite is quick; now and then up to 128 take part.
      let largest = Int.random(in: 0..<12, using: &generator) == 0 ? 128 : 20
      let experiment = StepExperiment(
        topology: topology, workload: workload, layers: shape.layers,
        ranks: Int.random(in: 1...min(largest, topology.deviceCount), using: &generator),
        options: Self.options(using: &generator))
      for choice in AlgorithmChoice.allCases {
        let outcome = try experiment.run(choice)
        let comment = Comment(rawValue: "\(model), \(experiment.ranks) ranks, \(outcome.name), \(outcome.options)")
        #expect(outcome.bytesAndMemoryAgree, comment)
        #expect(outcome.figures.makespan > .zero, comment)
        #expect(abs(outcome.figures.criticalPath.total / outcome.figures.makespan - 1) < 1e-6, comment)
        checkRecord(of: outcome, comment)
      }
    }
  }

  private func checkRecord(of outcome: StepOutcome, _ comment: Comment) {
    let record = outcome.record()
    #expect(record.status == (outcome.fit.fits ? .ok : .doesNotFit), comment)
    #expect(record.algorithm == outcome.choice.rawValue, comment)
    #expect(record.options == outcome.options, comment)
    let counts: Set = ["messages", "link utilization"]
    for metric in record.metrics {
      #expect(["s", "B"].contains(metric.unit) || counts.contains(metric.name), "\(metric.name)")
      #expect([.simulated, .closedForm, .dataSheet].contains(metric.provenance), comment)
      #expect(metric.value.real.isFinite && metric.value.real >= 0, "\(metric.name) \(metric.scope)")
    }
    // At most one figure for a name, scope and provenance: the key of the database.
    let keys = record.metrics.map { [$0.name, $0.scope, $0.provenance.rawValue] }
    #expect(Set(keys).count == keys.count, comment)
    func value(_ name: String, _ scope: String, _ provenance: Provenance) -> MetricValue? {
      record.metrics.first { $0.name == name && $0.scope == scope && $0.provenance == provenance }?.value
    }
    for (name, scope) in [("bytes sent", "all ranks"), ("bytes sent", "largest rank"), ("peak memory", "largest rank")]
    {
      #expect(value(name, scope, .simulated) != nil, comment)
      #expect(value(name, scope, .simulated) == value(name, scope, .closedForm), comment)
    }
    #expect(value(MetricRecord.stepTimeName, "", .simulated) == .real(outcome.figures.makespan.seconds), comment)
    #expect(value(MetricRecord.stepTimeName, "", .closedForm) == .real(outcome.closedForm.time.seconds), comment)
    #expect(record.metrics.count { $0.name == "peak memory" && $0.scope.hasPrefix("rank ") } == outcome.figures.ranks)
  }

  @Test("The figures of a step worked by hand: a ring of two on wires of 1 GB/s")
  func byHand() throws {
    let experiment = StepExperiment(
      topology: try Shipped.tiny(devices: 2, capacity: "1 GB").topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 10), batch: 1, tokens: 400, type: .bf16),
      layers: 3, ranks: 2)
    let ring = try experiment.run(.ring)
    // 200 tokens of 40 B each way, once.
    #expect(ring.figures.bytesSentByRank == [Bytes(8000), Bytes(8000)])
    #expect(ring.figures.totalBytes == Bytes(16_000))
    #expect(ring.figures.largestBytesSent == Bytes(8000))
    #expect(ring.figures.messages == 2)
    #expect(ring.allLayersTime == ring.figures.makespan * 3)
    // Two links of 1 us; nothing is launched or posted.
    #expect(ring.figures.time(.latency) == Seconds(2e-6))
    #expect(ring.figures.time(.overhead) == .zero)
    #expect(ring.figures.fixedCost == Seconds(2e-6))
    let parts = CriticalPath.Part.allCases.map { ring.figures.time($0) }.reduce(.zero, +)
    #expect(abs(parts / ring.figures.makespan - 1) < 1e-12)
    // The hop of 8 kB takes 8 us and 2 us of latency, as long as each kernel and the normalising one take beside it.
    #expect(abs(ring.timeDifference) < 1e-9)
  }

  @Test("An outcome whose bytes or memory differ from the closed form says so")
  func disagreement() throws {
    let experiment = StepExperiment(
      topology: try Shipped.tiny(devices: 2).topology, workload: Self.workload(tokens: 3, heads: 1, dim: 2), layers: 1,
      ranks: 2)
    var outcome = try experiment.run(.tree)
    #expect(outcome.bytesAndMemoryAgree)
    outcome.figures.bytesSentByRank[1] += Bytes(1)
    #expect(!outcome.bytesAndMemoryAgree)
    outcome = try experiment.run(.tree)
    outcome.closedForm.peakBytesByRank[0] += Bytes(1)
    #expect(!outcome.bytesAndMemoryAgree)
  }

  @Test("Too few devices are refused by the run too")
  func tooFew() throws {
    let experiment = StepExperiment(
      topology: try Shipped.tiny(devices: 2).topology, workload: Self.workload(), layers: 1, ranks: 3)
    #expect(throws: ExperimentError.tooFewDevices(asked: 3, topology: "tiny", available: 2)) {
      try experiment.run(.ring)
    }
  }
}
