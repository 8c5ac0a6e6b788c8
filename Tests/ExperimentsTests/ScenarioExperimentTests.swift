import Configuration
import Experiments
import Quantities
import ResultStore
import Scenarios
import Simulation
import Synchronization
import Testing
import Topologies
import Workloads

@Suite struct ScenarioExperimentTests {
  /// A step on four devices of one node, whose kernels take long beside its messages.
  private func experiment(_ scenario: Scenario?, ranks: Int = 4, on name: String = "dgx-h100-1") throws
    -> StepExperiment
  {
    StepExperiment(
      topology: try ResolvedTopology(name, from: Shipped.library).topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 16, kvHeads: 16, keyDim: 128), batch: 1, tokens: 100_000, type: .bf16),
      layers: 2, ranks: ranks, scenario: scenario)
  }

  private func scenario(_ options: (ScenarioOption, String)...) throws -> Scenario {
    var scenario = Scenario(name: "test")
    for (option, text) in options { scenario.add(try Scenario(option: option, text)) }
    return scenario
  }

  @Test("Under a scenario of nothing the step is the clean step", arguments: AlgorithmChoice.allCases)
  func nothing(choice: AlgorithmChoice) throws {
    let clean = try experiment(nil).run(choice)
    let met = try experiment(Scenario(name: "calm")).run(choice)
    #expect(met.figures.makespan == clean.figures.makespan)
    let outcome = try #require(met.scenario)
    #expect(outcome.clean.makespan == clean.figures.makespan && outcome.cost(met.figures.makespan) == 0)
    #expect(outcome.spread.times == [clean.figures.makespan])
    #expect(clean.scenario == nil && met.bytesAndMemoryAgree)
    let names = met.record().metrics.filter { $0.name == "step time" && $0.provenance == .simulated }.map(\.scope)
    #expect(names == ["", "without the scenario"])
    let plain = clean.record().metrics.filter { $0.name == "step time" && $0.provenance == .simulated }.map(\.scope)
    #expect(plain == [""])
  }

  @Test("Replications are recorded with their spread, and the figures are of the median", arguments: [1, 3])
  func replications(jobs: Int) throws {
    var drawn = try scenario((.straggler, "rank=all:uniform(1x,3x)"), (.delay, "rank=all:exponential(1us)"))
    drawn.replications = 7
    let step = try experiment(drawn)
    let counted = Mutex(0)
    let outcome = try step.run(.tree, on: Parallel(jobs: jobs), simulated: { counted.withLock { $0 += 1 } })
    #expect(counted.withLock { $0 } == step.simulationsPerAlgorithm)
    let met = try #require(outcome.scenario)
    #expect(met.spread.count == 7)
    #expect(outcome.figures.makespan == met.spread.percentile(50))
    #expect(met.spread.times[met.replication] == outcome.figures.makespan)
    let metrics = outcome.record().metrics.filter { $0.name == "step time" && $0.provenance == .simulated }
    #expect(
      metrics.map(\.scope)
        == ["", "without the scenario", "least", "p5", "p50", "p95", "most"] + (0..<7).map { "replication \($0)" })
    #expect(metrics.suffix(7).map(\.value) == met.spread.times.map { .real($0.seconds) })
    // Each alone is what it was among the others.
    let alone = try Simulator(topology: step.topology).run(
      TreeProgram.of(step), under: drawn.conditions(for: step.topology, ranks: 4, replication: 5))
    #expect(alone.makespan == met.spread.times[5])
  }

  @Test("A run that observes sees the replication that is told of")
  func observed() throws {
    var drawn = try scenario((.straggler, "rank=all:uniform(1x,3x)"))
    drawn.replications = 5
    var seen: [Seconds] = []
    let outcome = try experiment(drawn).run(.ring, on: Parallel(jobs: 2)) { run in seen.append(run.makespan) }
    #expect(seen == [outcome.figures.makespan])
  }

  @Test("A single device meets what the first rank meets")
  func single() throws {
    let slow = try scenario((.straggler, "rank=3:2x"))
    let outcome = try experiment(slow).run(.single)
    #expect(outcome.figures.makespan == outcome.scenario?.clean.makespan)
  }

  @Test("What the ranks or the cluster lack is refused before anything is simulated")
  func validation() throws {
    try experiment(scenario((.straggler, "rank=3:2x"))).validateScenario()
    #expect(throws: ScenarioError.self) { try experiment(scenario((.straggler, "rank=4:2x"))).validateScenario() }
    #expect(throws: ScenarioError.self) { try experiment(scenario((.load, "links.ndr:10%"))).validateScenario() }
    try experiment(nil).validateScenario()
  }

  @Test(
    "Scenarios that ship are read, and suit the cluster that they name", arguments: Shipped.library.scenarios.names())
  func shipped(name: String) throws {
    let resolved = try ResolvedScenario(name, from: Shipped.library)
    #expect(resolved.scenario.name == name && !resolved.scenario.summary.isEmpty)
    #expect(!resolved.scenario.entries.isEmpty)
    for topology in ["dgx-h100-2", "dgx-h100-16"] {
      try experiment(resolved.scenario, ranks: 16, on: topology).validateScenario()
    }
    #expect(resolved.hash == ContentHash.sha256(resolved.text))
    let again = try ResolvedScenario(Scenario(document: Document(yaml: resolved.text, file: "again.yaml")))
    #expect(again.hash == resolved.hash)
  }

  @Test("Seed and replications are in the text, by which runs are told apart")
  func texts() throws {
    let library = Shipped.library
    let plain = try ResolvedScenario("noisy-cluster", from: library)
    let seeded = try ResolvedScenario("noisy-cluster", from: library, seed: 99)
    let counted = try ResolvedScenario("noisy-cluster", from: library, replications: 3)
    let added = try ResolvedScenario("noisy-cluster", from: library, adding: [(.straggler, "rank=1:2x")])
    #expect(Set([plain, seeded, counted, added].map(\.hash)).count == 4)
    #expect(seeded.text.contains("seed: 99\n") && counted.text.contains("replications: 3\n"))
    #expect(plain.text.contains("replications: 25\n"))
    #expect(throws: MissingConfiguration.self) { try ResolvedScenario("noisy-clutser", from: library) }
  }
}
