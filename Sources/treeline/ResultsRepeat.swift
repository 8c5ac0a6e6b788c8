import ArgumentParser
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

  func run() throws {
    try CommandFailure.handling {
      let stored = try reading.open().run(number)
      let plan = try SimulationPlan(repeating: stored)
      let results = try plan.runAll(verbosity.logger).flatMap { plan.records(of: $0).results }
      let different = zip(stored.results, results).filter { $0 != $1 }.map(\.0.label)
      let version = stored.run.treelineVersion
      guard !different.isEmpty || results.count != stored.results.count else {
        let figures = results.reduce(0) { $0 + $1.metrics.count }
        try Output.write("run \(number): all \(figures) figures are the same again")
        return
      }
      let what = different.isEmpty ? "the results" : different.joined(separator: ", ")
      try Output.write(
        "run \(number): figures of \(what) differ; stored by version \(version), repeated by \(Version.text)")
      if version == Version.text { throw ExitCode.internalError }
    }
  }
}
