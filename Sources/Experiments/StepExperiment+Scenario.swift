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
    guard let scenario else { return 1 + (kernels.map { $0.replications > 1 ? $0.replications : 0 } ?? 0) }
    return scenario.replicationCount == 1 ? 2 : scenario.replicationCount + 2
  }

  /// Simulates a program, under the scenario if there is one, with its kernels timed as asked.
  ///
  /// - Returns: The run whose figures are told in full, what the scenario made of the step, and what the kernel model did.
  func simulate(
    _ program: Program, _ parallel: Parallel, _ simulated: @escaping @Sendable () -> Void
  ) throws -> (SimulationRun, ScenarioOutcome?, KernelTimingOutcome?) {
    let simulator = Simulator(topology: topology)
    let predictions = try kernels?.predictions(program, workload, on: topology)
    var calibrated = Conditions()
    if let predictions { calibrated.kernelTimes = predictions.times() }
    let clean = try simulator.run(program, under: calibrated)
    simulated()
    let count = scenario?.replicationCount ?? kernels?.replications ?? 1
    let deviates =
      predictions == nil || count == 1
      ? nil
      : FittedTime.deviates(
        replications: count, errors: topology.profiles.count, seed: kernels?.seed ?? 0, purpose: 0)
    let replicate: @Sendable (Int) throws -> SimulationRun = { replication in
      defer { simulated() }
      var conditions =
        try scenario?.conditions(for: topology, ranks: ranks, replication: replication) ?? Conditions()
      // A single device is the first of the ranks.
      conditions.slowdowns = Array(conditions.slowdowns.prefix(program.worldSize))
      conditions.startDelays = Array(conditions.startDelays.prefix(program.worldSize))
      if let predictions {
        conditions.kernelTimes = predictions.times(at: deviates?[replication])
      }
      return try simulator.run(program, under: conditions)
    }
    let cleanFigures = StepFigures(of: clean)
    // Only times are kept: of all runs at once there would be no end of memory.
    guard let scenario else {
      let spread = deviates == nil ? nil : Spread(try parallel.map(count) { try replicate($0).makespan })
      return (clean, nil, outcome(of: predictions, for: program, spread))
    }
    let timed = outcome(of: predictions, for: program, nil)
    if count == 1 {
      let run = try replicate(0)
      return (
        run, ScenarioOutcome(name: scenario.name, clean: cleanFigures, spread: Spread([run.makespan]), replication: 0),
        timed
      )
    }
    // That with the median is run again.
    let spread = Spread(try parallel.map(count) { try replicate($0).makespan })
    let median = spread.replication(atPercentile: 50)
    return (
      try replicate(median),
      ScenarioOutcome(name: scenario.name, clean: cleanFigures, spread: spread, replication: median), timed
    )
  }

  /// What the kernel model made of a program.
  private func outcome(
    of predictions: KernelTiming.Predictions?, for program: Program, _ spread: Spread?
  ) -> KernelTimingOutcome? {
    guard let kernels, let predictions else { return nil }
    var found: [KernelTimingOutcome.Kernel] = []
    for (profile, row) in zip(topology.profiles, predictions.table) {
      for entry in row {
        guard let entry else { continue }
        let kernel = KernelTimingOutcome.Kernel(
          device: profile.name, shape: entry.shape, prediction: entry.prediction)
        // Kernels that differ in what they read and write beside keys and values have one shape.
        if !found.contains(kernel) { found.append(kernel) }
      }
    }
    let order = found.indices.sorted {
      found[$0].prediction.time == found[$1].prediction.time
        ? $0 < $1 : found[$0].prediction.time > found[$1].prediction.time
    }
    var extrapolations: [String] = []
    if !workload.isDecode, program.worldSize > 1 {
      extrapolations.append("blocks of a prefill are taken as causal prefills of as many pairs of a query and a key")
    }
    return KernelTimingOutcome(
      model: kernels.profile.name, software: kernels.software, kernels: order.map { found[$0] }, spread: spread,
      seed: kernels.seed, reasons: extrapolations)
  }
}
