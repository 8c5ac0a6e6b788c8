import Configuration
import Experiments
import Quantities
import Simulation
import Testing
import Topologies
import Workloads

@Suite struct StepAnalysisTests {
  /// Two devices with a cable between them, and round figures.
  private static func pair(_ overrides: String...) throws -> Topology {
    let yaml = """
      name: pair
      devices: {unit: {memory: {capacity: 1 GB, bandwidth: 1 TB/s}, peak: {bf16: 100 TFLOP/s}, launch-overhead: 2 us}}
      links:
        wire: {bandwidth: 1 GB/s, latency: 1 us, message-overhead: 3 us}
        spare: {bandwidth: 1 GB/s, latency: 1 us}
      nodes: {box: {devices: {type: unit, count: 2}, scale-up: {kind: full-mesh, link: wire}}}
      """
    var document = try Document(yaml: yaml, file: "pair.yaml")
    for override in overrides {
      let parts = override.split(separator: "=").map(String.init)
      try document.set(parts[0], to: parts[1], source: "--set")
    }
    return try ResolvedTopology(document: document).topology
  }

  private static func experiment(on topology: Topology, ranks: Int? = nil) -> StepExperiment {
    StepExperiment(
      topology: topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 4, kvHeads: 4, keyDim: 64), batch: 1, tokens: 100_000, type: .bf16),
      layers: 1, ranks: ranks ?? topology.deviceCount)
  }

  private static func row(_ analysis: StepAnalysis, _ figure: Knob.Figure, of target: String?) throws -> Sensitivity {
    try #require(analysis.sensitivities.first { $0.knob == Knob(figure, of: target) })
  }

  /// Whether two times are equal but for rounding.
  private static func near(_ left: Seconds, _ right: Double) -> Bool {
    abs(left.seconds - right) <= 1e-12 * abs(right)
  }

  @Test("A ring of two takes a hop and an attention: every figure acts on its term alone")
  func closedForm() throws {
    let experiment = Self.experiment(on: try Self.pair())
    let analysis = try StepAnalysis(of: experiment, .ring, betterBy: 0.1)
    // Launch; then the shard over the wire; then a launched attention to what came, and a launched normalisation.
    let bytes = experiment.workload.cacheBytes(tokens: 50_000).baseUnits
    let transfer = bytes / 1e9
    let path = analysis.outcome.figures.criticalPath
    let before = analysis.outcome.figures.makespan.seconds
    #expect(Self.near(path.resources[.bandwidth(link: "wire")] ?? .zero, transfer))
    let bandwidth = try Self.row(analysis, .bandwidth, of: "wire")
    #expect(Self.near(bandwidth.after, before - transfer + transfer / 1.1))
    #expect(Self.near(Seconds(bandwidth.share * before), transfer))
    #expect(Self.near(try Self.row(analysis, .latency, of: "wire").after, before - 0.1e-6))
    #expect(Self.near(try Self.row(analysis, .messageOverhead, of: "wire").after, before - 0.3e-6))
    let launches = try #require(path.resources[.launch(device: "unit")]).seconds
    #expect(Self.near(try Self.row(analysis, .launchOverhead, of: "unit").after, before - 0.1 * launches))
    let memory = try #require(path.resources[.memory(device: "unit")]).seconds
    #expect(Self.near(try Self.row(analysis, .memoryBandwidth, of: "unit").after, before - memory + memory / 1.1))
    // Without the transfer the attention that it ran beside comes to light, so that more is left than the rest.
    let unlimited = try #require(analysis.unlimited)
    #expect(unlimited.resource == .bandwidth(link: "wire"))
    let left = try #require(unlimited.stepTime).seconds
    #expect(left >= before - transfer && left < before - 0.5 * transfer)
  }

  @Test("A step that is bytes on a wire and nothing else is inversely proportional to its bandwidth")
  func elasticity() throws {
    let topology = try Self.pair(
      "links.wire.latency=0 s", "links.wire.message-overhead=0 s", "devices.unit.launch-overhead=0 s",
      "devices.unit.memory.bandwidth=1e18 B/s", "devices.unit.peak.bf16=1e21 FLOP/s")
    let analysis = try StepAnalysis(of: Self.experiment(on: topology), .ring, betterBy: 0.1)
    let row = try Self.row(analysis, .bandwidth, of: "wire")
    #expect(abs(row.change - (1 / 1.1 - 1)) < 1e-9)
    #expect(abs(row.elasticity + 1) < 1e-8)
    #expect(row.hidden == nil)
    #expect((analysis.unlimited?.stepTime?.seconds ?? 1) < 1e-6 * row.before.seconds)
    // Times that are zero can't get better, so they have no row.
    #expect(analysis.sensitivities.allSatisfy { $0.knob.figure != .latency || $0.knob.target == "spare" })
    #expect(analysis.sensitivities.allSatisfy { $0.knob.figure != .launchOverhead })
  }

  @Test("Turning a figure is the same to the bit as overriding it in the file")
  func sameAsOverride() throws {
    let experiment = Self.experiment(on: try Self.pair())
    let cases: [(Knob.Figure, String, String)] = [
      (.bandwidth, "wire", "links.wire.bandwidth=1.5 GB/s"), (.latency, "wire", "links.wire.latency=0.5 us"),
      (.messageOverhead, "wire", "links.wire.message-overhead=1.5 us"),
      (.memoryBandwidth, "unit", "devices.unit.memory.bandwidth=1.5 TB/s"),
      (.arithmetic, "unit", "devices.unit.peak.bf16=150 TFLOP/s"),
      (.launchOverhead, "unit", "devices.unit.launch-overhead=1 us"),
    ]
    for choice in [AlgorithmChoice.tree, .ring] {
      let analysis = try StepAnalysis(of: experiment, choice, betterBy: 0.5)
      for (figure, target, override) in cases {
        let overridden = try Self.experiment(on: try Self.pair(override)).run(choice)
        #expect(try Self.row(analysis, figure, of: target).after == overridden.figures.makespan, "\(override)")
      }
    }
  }

  @Test("A figure that changes nothing names what hides it")
  func hidden() throws {
    let topology = try ResolvedTopology("dgx-h100-2", from: Shipped.library).topology
    let analysis = try StepAnalysis(of: Self.experiment(on: topology), .ring, betterBy: 0.1)
    // Inside a node messages wait for the slower hop between nodes.
    let inside = try Self.row(analysis, .bandwidth, of: "nvlink4")
    guard case .offPath(let slack) = inside.hidden else {
      Issue.record("\(inside)")
      return
    }
    #expect(slack > .zero && slack < analysis.outcome.figures.makespan)
    #expect(inside.change == 0 && inside.elasticity == 0 && inside.share == 0)
    #expect(
      try Self.row(analysis, .arithmetic, of: "h100-sxm").hidden == .behind(Knob(.memoryBandwidth, of: "h100-sxm")))
    let alone = try StepAnalysis(of: Self.experiment(on: topology), .single, betterBy: 0.1)
    #expect(try Self.row(alone, .bandwidth, of: "ndr").hidden == .unused(carriesMessages: false))
    #expect(try Self.row(alone, .latency, of: "ndr").hidden == .unused(carriesMessages: false))
  }

  @Test("Of two links that are equally narrow neither helps alone, and both together do")
  func equallyNarrow() throws {
    let yaml = """
      name: chain
      devices: {unit: {memory: {capacity: 1 GB, bandwidth: 1 TB/s}, peak: {bf16: 100 TFLOP/s}}}
      links: {first: {bandwidth: 1 GB/s, latency: 0 s}, second: {bandwidth: 1 GB/s, latency: 0 s}}
      nodes:
        box:
          devices: {type: unit, count: 2}
          scale-up: {kind: graph, vertices: [hub], links: [[gpu0, hub, first], [hub, gpu1, second]]}
      """
    let topology = try ResolvedTopology(document: try Document(yaml: yaml, file: "chain.yaml")).topology
    let analysis = try StepAnalysis(of: Self.experiment(on: topology), .ring, betterBy: 0.1)
    #expect(try Self.row(analysis, .bandwidth, of: "first").hidden == .behind(Knob(.bandwidth, of: "second")))
    #expect(try Self.row(analysis, .bandwidth, of: "second").hidden == .behind(Knob(.bandwidth, of: "first")))
    #expect(try Self.row(analysis, .bandwidth, of: nil).change < -0.05)
  }
}
