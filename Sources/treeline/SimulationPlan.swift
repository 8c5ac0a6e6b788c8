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
    var experiment: StepExperiment
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
  /// What every step meets; nil for nothing.
  let scenario: ResolvedScenario?
  /// The algorithms of every cell, in the order asked for.
  let choices: [AlgorithmChoice]
  /// The cells.
  let experiments: [StepExperiment]
  private let jobs: Int
  private let note: String?

  /// Resolves the options of the command.
  init(_ command: Simulate) throws {
    var overrides = try command.overrides.map { try Override(parsing: $0) }
    if let seed = command.seed { overrides.append(Override(routingSeed: seed)) }
    let library = Environment.library
    let topology = try ResolvedTopology(command.topology, from: library, overrides: overrides)
    let model = try command.workload.resolveModel(library, overrides)
    let scenario = try command.scenario.resolve(library)
    let kernels = try command.fitted.resolveKernels(library, on: topology.topology)
    let collectives = try command.fitted.resolveCollectives(library)
    let tokens = try command.workload.tokenCounts()
    let ranks =
      try command.gpus.map { try CommaList.integers($0, option: "--gpus", in: 1...2_097_152) }
      ?? [topology.topology.deviceCount]
    (self.topology, self.model, self.scenario) = (topology, model, scenario)
    jobs = try command.jobs.count()
    choices = try command.algorithms.choices()
    note = command.note
    let options = try command.algorithms.stepOptions()
    var experiments: [StepExperiment] = []
    for count in ranks {
      for length in tokens {
        let experiment = StepExperiment(
          topology: topology.topology, workload: try command.workload.workload(of: model.model, tokens: length),
          layers: model.model.layers, ranks: count, options: options, scenario: scenario?.scenario,
          kernels: kernels, collectives: collectives)
        try experiment.validate(choices)
        try command.algorithms.validateLayout(for: choices, experiment.workload)
        try experiment.validateScenario()
        experiments.append(experiment)
      }
    }
    self.experiments = experiments
  }

  /// The plan of a step that is stored, one cell.
  ///
  /// - Parameters:
  ///   - recipe: The step, checked.
  ///   - choices: The algorithms.
  init(repeating recipe: StepRecipe, _ choices: [AlgorithmChoice]) {
    (topology, model, self.choices) = (recipe.topology, recipe.model, choices)
    scenario = recipe.experiment.scenario.map { ResolvedScenario($0) }
    experiments = [recipe.experiment]
    jobs = JobOptions.defaultCount
    note = nil
  }

  /// How many ranks each cell has.
  var rankCounts: [Int] { experiments.map(\.ranks) }

  /// Simulates every cell, several at a time.
  ///
  /// - Parameters:
  ///   - logger: Is told what each simulation took.
  ///   - observe: Sees every run in the order of the algorithms, which are then run one after the other.
  func runAll(
    _ logger: Logger, observing observe: ((AlgorithmChoice, SimulationRun) throws -> Void)? = nil
  ) throws -> [Cell] {
    logger.debug("topology \(topology.topology.name), sha256 \(topology.hash)")
    logger.debug("model \(model.model.name), sha256 \(model.hash)")
    if let scenario { logger.debug("scenario \(scenario.scenario.name), sha256 \(scenario.hash)") }
    let tasks = experiments.flatMap { experiment in choices.map { Task(experiment: experiment, choice: $0) } }
    let progress = SharedProgress(
      total: tasks.reduce(0) { $0 + $1.experiment.simulationsPerAlgorithm }, of: "simulations")
    defer { progress.finish() }
    let parallel = Parallel(jobs: min(jobs, fittingJobs))
    let done: [Done]
    if let observe {
      done = try tasks.map { task in
        try task.run(on: parallel, progress) { run in try observe(task.choice, run) }
      }
    } else {
      done = try parallel.map(tasks.count) { try tasks[$0].run(on: parallel, progress) }
    }
    for (task, done) in zip(tasks, done) { log(task, done, logger) }
    return experiments.enumerated().map { index, experiment in
      Cell(
        experiment: experiment,
        outcomes: done[index * choices.count..<(index + 1) * choices.count].map(\.outcome))
    }
  }

  /// How many programs are within what one may take of memory.
  private var fittingJobs: Int {
    let largest = experiments.flatMap { experiment in choices.map { experiment.estimatedOperations($0) } }.max() ?? 1
    return max(1, Int(Double(StepExperiment.largestProgram) / max(largest, 1)))
  }

  /// One cell by one algorithm.
  private struct Task: Sendable {
    let experiment: StepExperiment
    let choice: AlgorithmChoice

    func run(
      on parallel: Parallel, _ progress: SharedProgress, observing observe: (SimulationRun) throws -> Void = { _ in }
    ) throws -> Done {
      let start = DispatchTime.now()
      let outcome = try experiment.run(choice, on: parallel, observing: observe) { progress.advance() }
      let took = Seconds(Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9)
      return Done(outcome: outcome, took: took)
    }
  }

  /// What one cell came to by one algorithm, and how long that took.
  private struct Done: Sendable {
    let outcome: StepOutcome
    let took: Seconds
  }

  private func log(_ task: Task, _ done: Done, _ logger: Logger) {
    let (experiment, outcome) = (task.experiment, done.outcome)
    logger.debug(
      "\(outcome.name) (\(outcome.options)) on \(experiment.ranks) ranks, \(experiment.workload.tokens) tokens",
      metadata: [
        "operations": "\(outcome.figures.operations)", "messages": "\(outcome.figures.messages)",
        "took": "\(done.took)",
      ])
  }

  /// What is stored of a cell.
  func records(of cell: Cell) -> Records {
    let workload = cell.experiment.workload
    return Records(
      run: RunRecord(
        createdAt: Environment.timestamp, command: CommandText.arguments, treelineVersion: Version.text,
        seed: topology.topology.routingSeed, kind: "simulate", topologyHash: topology.hash, modelHash: model.hash,
        tokens: Int64(workload.tokens), queryTokens: Int64(workload.queryTokens), mask: workload.mask.rawValue,
        batch: Int64(workload.batch), worldSize: Int64(cell.experiment.ranks),
        dtype: workload.type.rawValue, note: note),
      inputs: StepRecipe(topology: topology, model: model, experiment: cell.experiment).inputs,
      results: cell.outcomes.map { $0.record() })
  }
}
