import ArgumentParser
import Experiments
import Foundation
import Quantities
import Reporting
import ResultStore

/// `treeline simulate`: one step of attention, or a grid of them, by several algorithms.
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate a decode step or a prefill of attention by several algorithms, and compare them.",
    discussion: """
      Times, bytes and memory are simulated for one layer; a model's time multiplies by its layers. Every run \
      is stored with its inputs in full. Lists for --tokens and --gpus give a grid, a run for each cell. A scenario makes \
      ranks and links slow, late, noisy or broken; where anything in it is drawn, the step is simulated many times.

      EXAMPLES
        treeline simulate --topology dgx-h100-16 --tokens 5.12M
        treeline simulate --topology dgx-h100-16 --tokens 640k --gpus 32 \\
          --model llama-3.1-8b
        treeline simulate --topology dgx-h100-16 --tokens 1.28M \\
          --set links.ndr.bandwidth=800Gb/s
        treeline simulate --topology dgx-h100-16 --tokens 80k,1.28M --gpus 8,32
        treeline simulate --topology dgx-h100-1 --tokens 640k --trace step.json.gz
        treeline simulate --topology mi300x-8 --tokens 128k \\
          --heads 32 --kv-heads 8 --head-dim 128 --layers 32
        treeline simulate --topology dgx-h100-2 --tokens 1M \\
          --scenario noisy-cluster --straggler rank=3:2x --replications 100
        treeline simulate --topology dgx-h100-2 --model llama-3.1-8b --tokens 128k \\
          --query-tokens all --algorithm ring,all-gather
        treeline simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k \\
          --kernels a100-h100 --software vllm --collectives nccl
      """)

  @Option(name: .long, help: "A topology by name ('treeline topology list') or the path of a topology file.")
  var topology: String

  @OptionGroup var workload: WorkloadOptions

  @Option(help: "Ranks to use, from the first of the cluster (default: all); or a list.")
  var gpus: String?

  @OptionGroup var algorithms: AlgorithmOptions

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a field: links.ndr.bandwidth=800Gb/s, devices.h100-sxm.memory.bandwidth=4TB/s, model.layers=40.",
      valueName: "path=value"))
  var overrides: [String] = []

  @Option(help: "Seed of the choice among equal routes (default: the topology's).")
  var seed: UInt64?

  @OptionGroup(title: "Scenario Options") var scenario: ScenarioOptions

  @OptionGroup(title: "Fitted Models") var fitted: FittedTimeOptions

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @OptionGroup var tracing: TraceOptions

  @Option(help: "A remark to store with the run.")
  var note: String?

  @OptionGroup var format: OutputOptions

  @OptionGroup var verbosity: VerbosityOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let plan = try SimulationPlan(self)
      let database = try storage.open()
      let trace = try tracing.open(for: plan)
      let cells = try plan.runAll(
        verbosity.logger,
        observing: trace.map { trace in { choice, run in try trace.add(run, named: choice.rawValue) } })
      // The trace is whole, or the command fails, before anything is stored.
      let traced = try trace?.finish()
      let records = cells.map { plan.records(of: $0) }
      // Everything has been simulated before anything is stored: a run that fails stores nothing.
      let numbers = try records.map { record in
        try database?.save(run: record.run, inputs: record.inputs, results: record.results)
      }
      try print(choice, plan, cells, records, numbers)
      if let traced, choice == .text { try Output.write(tracing.closingLines(traced)) }
    }
  }

  private func print(
    _ choice: OutputOptions.Choice, _ plan: SimulationPlan, _ cells: [SimulationPlan.Cell],
    _ records: [SimulationPlan.Records], _ numbers: [Int64?]
  ) throws {
    switch choice {
    case .json:
      let runs = zip(records, numbers).map { record, number in
        RunDocument(number: number, run: record.run, inputs: record.inputs, results: record.results)
      }
      try Output.write(RunDocument.json(runs))
    case .csv:
      let rows = zip(records, numbers).flatMap { MetricRows.rows(number: $1, run: $0.run, results: $0.results) }
      try Output.write(CSVText.lines(header: MetricRows.header, rows: rows))
    case .text:
      if cells.count == 1, let cell = cells.first {
        try Output.write(
          StepReport(
            experiment: cell.experiment, model: plan.model.model, outcomes: cell.outcomes, overrides: overrides
          ).lines)
      } else {
        try Output.write(GridReport(model: plan.model.model, cells: cells.map { ($0.experiment, $0.outcomes) }).lines)
      }
      try Output.write(storage.closingLines(numbers.compactMap { $0 }))
    }
  }
}
