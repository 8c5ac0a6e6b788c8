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
    "run", "when", "kind", "topology", "model", "tokens", "query_tokens", "ranks", "dtype", "results", "note",
    "measured", "machine",
  ]
  /// The columns that have one of their own for a program alone.
  private static let programColumns = ["query_tokens", "measured", "machine"]

  /// A run as JSON.
  private struct Item: Encodable {
    let run: Int64
    let when: String
    let kind: String
    let topology: String?
    let model: String?
    let tokens: Int64?
    let queryTokens: Int64?
    let ranks: Int64?
    let dtype: String?
    let results: Int
    let note: String?
    /// What was measured, such as `kernel`; nil for runs of other kinds.
    let measured: String?
    /// The device that it was measured on.
    let machine: String?

    init(_ summary: RunSummary) {
      run = summary.id
      when = summary.run.createdAt
      kind = summary.run.kind
      topology = summary.topologyName
      model = summary.modelName
      tokens = summary.run.tokens
      queryTokens = summary.run.queryTokens
      ranks = summary.run.worldSize
      dtype = summary.run.dtype
      results = summary.resultCount
      note = summary.run.note
      measured = kind == "measure" ? Self.subcommand(of: summary.run.command) : nil
      machine = summary.machineName
    }

    /// The word behind `measure` of a command line.
    private static func subcommand(of command: String) -> String? {
      let words = command.split(separator: " ")
      return words.firstIndex(of: "measure").flatMap { words.dropFirst($0 + 1).first }.map(String.init)
    }

    /// The cells of its row for a program.
    var cells: [String] {
      let counts = [tokens, queryTokens].map { $0.map(String.init) ?? "" }
      return cells(kind: kind, when: when, topology: topology, tokens: counts) + [measured ?? "", machine ?? ""]
    }

    /// The cells of its row for a person.
    var readableCells: [String] {
      cells(
        kind: ([kind] + [measured].compactMap { $0 }).joined(separator: " "),
        when: when.replacing("T", with: " ").replacing("Z", with: ""), topology: topology ?? machine,
        tokens: [readableTokens])
    }

    /// Such as "64k"; "64k, all" for a prefill, "64k, last 512" for a chunk of one.
    private var readableTokens: String {
      guard let tokens else { return "" }
      let all = TokenCount(Int(tokens)).description
      guard let queryTokens, queryTokens != 1 else { return all }
      return all + (queryTokens == tokens ? ", all" : ", last \(TokenCount(Int(queryTokens)))")
    }

    private func cells(kind: String, when: String, topology: String?, tokens: [String]) -> [String] {
      ["\(run)", when, kind, topology ?? "", model ?? ""] + tokens
        + [ranks.map(String.init) ?? "", dtype ?? "", "\(results)", note ?? ""]
    }
  }

  func run() throws {
    try CommandFailure.handling {
      guard limit >= 1 else { throw UsageError("--limit: found \(limit), expected a whole number from 1") }
      let choice = try format.choice()
      let items = try reading.open().runs(limit: limit).map(Item.init)
      switch choice {
      case .json:
        try Output.write(JSONText.encode(items))
      case .csv:
        try Output.write(CSVText.lines(header: Self.columns, rows: items.map(\.cells)))
      case .text:
        var table = TextTable(
          columns: Self.columns.filter { !Self.programColumns.contains($0) }.map { column in
            column == "when" ? "when (UTC)" : column == "topology" ? "on" : column
          })
        for item in items { table.add(item.readableCells) }
        try Output.write(items.isEmpty ? ["no runs in \(PrintableText.line(reading.database))"] : table.lines)
      }
    }
  }
}
