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
      let report = ComparisonReport(
        first: first, second: second, comparison: try reading.open().compare(first, second), showsAll: all)
      switch try format.choice() {
      case .json: Output.write(try report.json())
      case .csv: Output.write(report.csvLines)
      case .text: Output.write(report.lines)
      }
    }
  }
}
