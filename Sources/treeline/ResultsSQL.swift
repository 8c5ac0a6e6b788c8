import ArgumentParser
import Quantities
import Reporting
import ResultStore

/// `treeline results sql`: any question, on a connection that can only read.
struct ResultsSQL: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask a question in SQL; the connection can only read.",
    // Written out because the parser does not break its own, which is wider than a terminal.
    usage: "treeline results sql [<statement>] [--schema] [<options>]",
    discussion: """
      EXAMPLES
        treeline results sql --schema
        treeline results sql "SELECT algorithm, microseconds FROM v_step_time"
        treeline results sql --csv "SELECT * FROM v_metrics WHERE unit = 'B'"
      """)

  @Argument(help: "One SQL statement.")
  var statement: String?

  @Flag(help: "Print the tables, views and columns with their meaning.")
  var schema: Bool = false

  @Option(help: "The most rows to print.")
  var limit: Int = 10_000

  @Option(name: .customLong("time-limit"), help: "How long the query may run: 10 s, 2 s.")
  var timeLimit: String = "10 s"

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      if schema {
        try Output.write(SchemaReport(ResultDatabase.schema).lines)
        return
      }
      guard let statement else { throw UsageError("expected an SQL statement, or --schema") }
      guard limit >= 1 else { throw UsageError("--limit: found \(limit), expected a whole number from 1") }
      let seconds = try time()
      let result = try reading.open().query(statement, limits: QueryLimits(rows: limit, time: seconds))
      switch choice {
      case .json: try Output.write(QueryReport(result).json())
      case .csv: try Output.write(QueryReport(result).csvLines)
      case .text: try Output.write(QueryReport(result).lines)
      }
      if result.isTruncated { CommandFailure.warn("only the first \(limit) rows; see --limit") }
    }
  }

  /// The time limit.
  private func time() throws -> Seconds {
    do {
      let seconds = try Seconds(parsing: timeLimit)
      if seconds > .zero { return seconds }
    } catch {
      throw UsageError("--time-limit: \(error)")
    }
    throw UsageError("--time-limit: found '\(timeLimit)', expected a time above zero")
  }
}
