import ArgumentParser
import Reporting
import ResultStore

/// `treeline results imports`: the files of measurements that were imported.
struct ResultsImports: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "imports", abstract: "List imported files of measurements, or what is wrong with the rows of one.",
    discussion: """
      EXAMPLES
        treeline results imports
        treeline results imports 2
      """)

  @Argument(help: "The number of an import, for what is to be said of its rows.")
  var number: Int64?

  @OptionGroup var reading: ReadingOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let database = try reading.open()
      let sources = try database.sources()
      guard let number else {
        let report = SourceReport(sources)
        return try json ? Output.write(JSONText.encode(report)) : Output.write(report.lines)
      }
      guard let source = sources.first(where: { $0.id == number }) else {
        throw MissingData(
          description: "\(reading.database): no import \(number)"
            + (sources.last.map { "; the latest is import \($0.id)" } ?? "; the database holds none"))
      }
      let issues = try database.issues(ofSource: number)
      if json {
        try Output.write(JSONText.encode(issues.map(IssueDocument.init)))
      } else {
        try Output.write(SourceReport.lines(issues, of: source.record.path))
      }
    }
  }
}
