import ArgumentParser
import Reporting
import ResultStore

/// `treeline results compare`: two runs side by side.
struct ResultsCompare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare two runs: what differed in their inputs, and what that changed.")

  @Argument(help: "The number of the first run.")
  var first: Int64

  @Argument(help: "The number of the second run.")
  var second: Int64

  @Flag(help: "List metrics that are the same in both, and those of single ranks, too.")
  var all: Bool = false

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let report = ComparisonReport(
        first: first, second: second, comparison: try reading.open().compare(first, second), showsAll: all)
      switch choice {
      case .json: try Output.write(report.json())
      case .csv: try Output.write(report.csvLines)
      case .text: try Output.write(report.lines)
      }
    }
  }
}
