import Attention
import Dispatch
import Experiments
import Logging
import Quantities
import ResultStore
import Simulation
import Workloads

/// What `treeline simulate` was asked to do, with every input resolved.
struct SimulationPlan {
  /// One cell of the grid, simulated.
  struct Cell {
    var experiment: DecodeExperiment
    var outcomes: [StepOutcome]
  }

  /// What is stored of a cell.
  struct Records {
    var run: RunRecord
    var inputs: [InputRecord]
    var results: [ResultRecord]
  }

  let topology: ResolvedTopology
  let model: ResolvedModel
  private let choices: [AlgorithmChoice]
  private let experiments: [DecodeExperiment]
  private let note: String?

  /// Resolves the options of the command.
  init(_ command: Simulate) throws {
    var overrides = try command.overrides.map { try Override(parsing: $0) }
    if let seed = command.seed { overrides.append(Override(routingSeed: seed)) }
    let library = Environment.library
    topology = try ResolvedTopology(command.topology, from: library, overrides: overrides)
    model = try command.workload.resolveModel(library, overrides)
    choices = try command.algorithms.choices()
    note = command.note
    let options = try command.algorithms.stepOptions()
    let tokens = try command.workload.tokenCounts()
    let ranks =
      try command.gpus.map { try CommaList.integers($0, option: "--gpus", in: 1...2_097_152) }
      ?? [topology.topology.deviceCount]
    var experiments: [DecodeExperiment] = []
    for count in ranks {
      for length in tokens {
        let experiment = DecodeExperiment(
          topology: topology.topology, workload: try command.workload.workload(of: model.model, tokens: length),
          layers: model.model.layers, ranks: count, options: options)
        try experiment.validate(choices)
        experiments.append(experiment)
      }
    }
    self.experiments = experiments
  }

  /// How many ranks each cell has.
  var rankCounts: [Int] { experiments.map(\.ranks) }

  /// Simulates every cell.
  ///
  /// - Parameters:
  ///   - logger: Is told what each simulation took.
  ///   - observe: Sees every run.
  func runAll(
    _ logger: Logger, observing observe: (AlgorithmChoice, SimulationRun) throws -> Void
  ) throws -> [Cell] {
    logger.debug("topology \(topology.topology.name), sha256 \(topology.hash)")
    logger.debug("model \(model.model.name), sha256 \(model.hash)")
    var progress = Progress(total: experiments.count * choices.count, of: "simulations")
    defer { progress.finish() }
    var done = 0
    return try experiments.map { experiment in
      let outcomes = try choices.map { choice in
        let outcome = try run(experiment, choice, logger, observe)
        done += 1
        progress.update(done: done)
        return outcome
      }
      return Cell(experiment: experiment, outcomes: outcomes)
    }
  }

  /// Simulates one cell by one algorithm, and logs what that took.
  private func run(
    _ experiment: DecodeExperiment, _ choice: AlgorithmChoice, _ logger: Logger,
    _ observe: (AlgorithmChoice, SimulationRun) throws -> Void
  ) throws -> StepOutcome {
    let start = DispatchTime.now()
    let outcome = try experiment.run(choice) { run in try observe(choice, run) }
    let took = Seconds(Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9)
    logger.debug(
      "\(outcome.name) (\(outcome.options)) on \(experiment.ranks) ranks, \(experiment.workload.tokens) tokens",
      metadata: [
        "operations": "\(outcome.figures.operations)", "messages": "\(outcome.figures.messages)",
        "took": "\(took)",
      ])
    return outcome
  }

  /// What is stored of a cell.
  func records(of cell: Cell) -> Records {
    let workload = cell.experiment.workload
    return Records(
      run: RunRecord(
        createdAt: Environment.timestamp, command: CommandText.arguments, treelineVersion: Version.text,
        seed: topology.topology.routingSeed, kind: "simulate", topologyHash: topology.hash, modelHash: model.hash,
        tokens: Int64(workload.tokens), batch: Int64(workload.batch), worldSize: Int64(cell.experiment.ranks),
        dtype: workload.type.rawValue, note: note),
      inputs: StepRecipe(topology: topology, model: model, experiment: cell.experiment).inputs,
      results: cell.outcomes.map { $0.record() })
  }
}
