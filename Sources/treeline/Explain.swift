import ArgumentParser
import Experiments
import Quantities
import Reporting
import ResultStore

/// `treeline explain`: why a stored run took the time that it took.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a stored run: its critical path, how busy its links were, and what would make it faster.",
    usage: "treeline explain <run> [<options>]",
    discussion: """
      The run is simulated again from its stored inputs, and once more for every figure of the cluster that could be \
      better: rates by the share of --by larger, times smaller. Nothing is stored.

      EXAMPLES
        treeline explain 1
        treeline explain 1 --algorithm tree --full
        treeline explain 1 --by 50%
        treeline explain 1 --json --bins 100
      """)

  @Argument(help: ArgumentHelp("The number of the run.", valueName: "run"))
  var number: Int64

  @Option(name: .shortAndLong, help: "Algorithms of the run to explain; a list (default: all).")
  var algorithm: String?

  @Option(help: "By which share each figure is made better, such as 0.1 or 10%.")
  var by: String = "10%"

  @Option(help: "Stretches of time in which links are shown: up to 60, with --json up to 1000.")
  var bins: Int = 20

  @Flag(help: "Print every stretch of the critical path, also where many are alike.")
  var full: Bool = false

  @OptionGroup var reading: ReadingOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let share = try betterBy()
      let most = json ? 1000 : ExplanationReport.mostBins
      guard (1...most).contains(bins) else {
        throw UsageError("--bins: found \(bins), expected a whole number from 1 to \(most)")
      }
      let stored = try reading.open().run(number)
      let recipe = try StepRecipe(of: stored) { StoredCommand(text: $0).settings }
      let reruns = try rerun(stored, recipe, betterBy: share)
      if json {
        let document = ExplanationDocument(stored: stored, recipe: recipe, reruns: reruns)
        try Output.write(JSONText.encode(document))
      } else {
        try Output.write(
          ExplanationReport(stored: stored, recipe: recipe, reruns: reruns, isFull: full).lines)
      }
    }
  }

  /// The share of `--by`.
  private func betterBy() throws -> Double {
    guard let share = ShareText.share(by), (0.0001...0.99).contains(share) else {
      throw UsageError("--by: found '\(by)', expected a share from 0.0001 to 0.99, such as 0.1 or 10%")
    }
    return share
  }

  /// The results of the run that are asked for, with their algorithms.
  private func wanted(_ stored: StoredRun) throws -> [(result: ResultRecord, choice: AlgorithmChoice)] {
    let known = stored.results.compactMap { result in
      AlgorithmChoice(rawValue: result.algorithm).map { (result: result, choice: $0) }
    }
    guard !known.isEmpty else {
      throw StepRecipeError(run: stored.id, command: stored.run.command, reason: "holds no algorithm to run again")
    }
    guard let algorithm else { return known }
    let names = try CommaList.split(algorithm, option: "--algorithm")
    return try names.map { name in
      let choice = try CommaList.choice(
        name, option: "--algorithm", noun: "algorithm in run \(stored.id)", among: known.map(\.choice))
      guard let found = known.first(where: { $0.choice == choice }) else {
        throw UsageError("--algorithm: run \(stored.id) has no '\(name)'")
      }
      return found
    }
  }

  private func rerun(_ stored: StoredRun, _ recipe: StepRecipe, betterBy share: Double) throws -> [Rerun] {
    let wanted = try wanted(stored)
    try recipe.validate(wanted.map(\.choice), of: stored)
    var progress = Progress(total: wanted.count * StepAnalysis.runCount(of: recipe.experiment), of: "simulations")
    defer { progress.finish() }
    var done = 0
    return try wanted.map { result, choice in
      try Rerun(of: result, by: choice, recipe.experiment, betterBy: share, bins: bins) {
        done += 1
        progress.update(done: done)
      }
    }
  }
}
