import ArgumentParser
import Experiments
import Reporting
import ResultStore

/// `treeline results repeat`: whether a stored run comes out the same again.
struct ResultsRepeat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repeat",
    abstract: "Simulate a stored run again from its stored inputs alone, and say whether every figure is the same.",
    discussion: "Nothing is stored. Figures that differ end with exit code 70 where the same version stored them.")

  @Argument(help: ArgumentHelp("The number of the run.", valueName: "run"))
  var number: Int64

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Flag(help: "Print JSON: every difference, with its values.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let stored = try reading.open().run(number)
      let recipe = try StepRecipe(of: stored) { StoredCommand(text: $0).settings }
      let choices = try algorithms(of: stored)
      try recipe.validate(choices, of: stored)
      let plan = SimulationPlan(repeating: recipe, choices)
      let results = try plan.runAll(verbosity.logger).flatMap { plan.records(of: $0).results }
      let report = RepeatReport(stored: stored, results: results, version: Version.text)
      if json { try Output.write(try report.json()) } else { try Output.write(report.lines) }
      if !report.isEqual, stored.run.treelineVersion == Version.text { throw ExitCode.internalError }
    }
  }

  /// The algorithms of the stored results, in their order.
  private func algorithms(of stored: StoredRun) throws -> [AlgorithmChoice] {
    func failure(_ reason: String) -> StepRecipeError {
      StepRecipeError(run: stored.id, command: stored.run.command, reason: reason)
    }
    guard !stored.results.isEmpty else { throw failure("holds no result to simulate again") }
    return try stored.results.map { result in
      guard let choice = AlgorithmChoice(rawValue: result.algorithm) else {
        throw failure("holds a result of the unknown algorithm '\(result.algorithm)'")
      }
      return choice
    }
  }
}
