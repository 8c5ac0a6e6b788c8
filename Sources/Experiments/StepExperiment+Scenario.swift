import Programs
import Scenarios
import Simulation

extension StepExperiment {
  /// Checks that the cluster and the ranks have what the scenario names.
  ///
  /// - Throws: ``ScenarioError`` at the first name that is not there.
  public func validateScenario() throws(ScenarioError) {
    _ = try scenario?.conditions(for: topology, ranks: ranks, replication: 0)
  }

  /// How many simulations a run of one algorithm takes.
  public var simulationsPerAlgorithm: Int {
    guard let scenario else { return 1 }
    return scenario.replicationCount == 1 ? 2 : scenario.replicationCount + 2
  }

  /// Simulates a program, under the scenario if there is one.
  ///
  /// - Returns: The run whose figures are told in full, and what the scenario made of the step.
  func simulate(
    _ program: Program, _ parallel: Parallel, _ simulated: @escaping @Sendable () -> Void
  ) throws -> (SimulationRun, ScenarioOutcome?) {
    let simulator = Simulator(topology: topology)
    let clean = try simulator.run(program)
    simulated()
    guard let scenario else { return (clean, nil) }
    let replicate: @Sendable (Int) throws -> SimulationRun = { replication in
      defer { simulated() }
      var conditions = try scenario.conditions(for: topology, ranks: ranks, replication: replication)
      // A single device is the first of the ranks.
      conditions.slowdowns = Array(conditions.slowdowns.prefix(program.worldSize))
      conditions.startDelays = Array(conditions.startDelays.prefix(program.worldSize))
      return try simulator.run(program, under: conditions)
    }
    let count = scenario.replicationCount
    let cleanFigures = StepFigures(of: clean)
    if count == 1 {
      let run = try replicate(0)
      return (
        run, ScenarioOutcome(name: scenario.name, clean: cleanFigures, spread: Spread([run.makespan]), replication: 0)
      )
    }
    // Only times are kept: of all runs at once there would be no end of memory. That with the median is run again.
    let spread = Spread(try parallel.map(count) { try replicate($0).makespan })
    let median = spread.replication(atPercentile: 50)
    return (
      try replicate(median),
      ScenarioOutcome(name: scenario.name, clean: cleanFigures, spread: spread, replication: median)
    )
  }
}
