import Experiments
import Quantities
import Simulation

/// `treeline-bench [RUNS] [NAME]`: times the parts of Treeline in one process and prints a line for each.
///
/// `Benchmarks/run.py` sets the figures beside the goals. With a name only the lines that contain it are measured.
@main
enum Main {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "scale" { return try ScaleCommand(arguments: Array(arguments.dropFirst())).run() }
    let stopwatch = Stopwatch(runs: max(arguments.first.flatMap { Int($0) } ?? 11, 1))
    let wanted = arguments.dropFirst().first ?? ""
    func report(_ name: String, _ measure: (String) throws -> Samples) rethrows {
      if wanted.isEmpty || name.contains(wanted) { print(try measure(name).line) }
    }

    let steps = try StepModel(
      library: InputLibrary(workingDirectory: ".", executable: CommandLine.arguments.first ?? "."))
    let program = steps.ringProgram(tokens: 2_560_000, ranks: 128)
    let simulator = Simulator(topology: steps.topology)
    let experiment = steps.experiment(tokens: 2_560_000, ranks: 128)
    print("# ring decode of 2.56M tokens on 128 ranks: \(program.count) operations, \(program.messages.count) messages")

    try report("ring 128: simulation") { name in
      try stopwatch.milliseconds(name) { try simulator.run(program).makespan.seconds }
    }
    report("ring 128: program") { name in
      stopwatch.milliseconds(name) { Double(steps.ringProgram(tokens: 2_560_000, ranks: 128).count) }
    }
    try report("ring 128: whole step") { name in
      try stopwatch.milliseconds(name) { try experiment.run(.ring).figures.makespan.seconds }
    }
    try report("tree 128: whole step") { name in
      try stopwatch.milliseconds(name) { try experiment.run(.tree).figures.makespan.seconds }
    }
    try report("paper's grid: all cells") { name in try stopwatch.milliseconds(name) { try steps.grid() } }

    for (pending, name) in [(1024, "1k"), (16_384, "16k")] {
      let model = HoldModel(pending: pending, holds: 1_000_000)
      report("hold, \(name) pending") { line in
        stopwatch.millionsPerSecond(line, items: model.holds) { model.run() }
      }
    }
    let solver = SharingModel(links: 256, flows: 1024).solver(repeats: 100)
    report("max-min, 1024 flows on 256 links") { name in
      let hundred = stopwatch.milliseconds(name, solver)
      return Samples(name: name, unit: "ms", values: hundred.values.map { $0 / 100 })
    }
  }
}
