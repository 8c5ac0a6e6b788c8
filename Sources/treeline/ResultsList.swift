import ArgumentParser
import Quantities
import Reporting
import ResultStore

/// `treeline results list`: the latest runs, a line each.
struct ResultsList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the latest runs.")

  @OptionGroup var reading: ReadingOptions

  @Option(help: "How many runs to list.")
  var limit: Int = 20

  @OptionGroup var format: OutputOptions

  private static let columns = [
    "run", "when", "kind", "topology", "model", "tokens", "ranks", "dtype", "results", "note",
  ]

  func run() throws {
    try CommandFailure.handling {
      guard limit >= 1 else { throw UsageError("--limit: found \(limit), expected a whole number from 1") }
      let runs = try reading.open().runs(limit: limit)
      let rows = runs.map { summary in
        [
          "\(summary.id)", summary.run.createdAt, summary.run.kind, summary.topologyName ?? "",
          summary.modelName ?? "", summary.run.tokens.map { TokenCount(Int($0)).description } ?? "",
          summary.run.worldSize.map(String.init) ?? "", summary.run.dtype ?? "", "\(summary.resultCount)",
          summary.run.note ?? "",
        ]
      }
      switch try format.choice() {
      case .json:
        Output.write(try JSONText.encode(rows.map { Dictionary(uniqueKeysWithValues: zip(Self.columns, $0)) }))
      case .csv:
        Output.write(CSVText.lines(header: Self.columns, rows: rows))
      case .text:
        var table = TextTable(columns: Self.columns)
        for row in rows { table.add(row) }
        Output.write(rows.isEmpty ? ["no runs in \(reading.database)"] : table.lines)
      }
    }
  }
}
