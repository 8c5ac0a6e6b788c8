import ArgumentParser
import Reporting
import ResultStore

/// `treeline results show`: one run, whole.
struct ResultsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a run: its settings, every metric with provenance, and its inputs.")

  @Argument(help: ArgumentHelp("The number of the run.", valueName: "run"))
  var number: Int64

  @Flag(help: "Also print the topology and the model in full.")
  var inputs: Bool = false

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let stored = try reading.open().run(number)
      switch choice {
      case .json:
        let document = RunDocument(number: stored.id, run: stored.run, inputs: stored.inputs, results: stored.results)
        try Output.write(RunDocument.json([document]))
      case .csv:
        try Output.write(
          CSVText.lines(
            header: MetricRows.header,
            rows: MetricRows.rows(number: stored.id, run: stored.run, results: stored.results)))
      case .text:
        try Output.write(StoredRunReport(run: stored, showsInputs: inputs).lines)
      }
    }
  }
}
