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
  ]

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
    }

    /// The cells of its row for a program.
    var cells: [String] {
      cells(when: when, tokens: [tokens, queryTokens].map { $0.map(String.init) ?? "" })
    }

    /// The cells of its row for a person.
    var readableCells: [String] {
      cells(
        when: when.replacing("T", with: " ").replacing("Z", with: ""),
        tokens: [readableTokens])
    }

    /// Such as "64k"; "64k, all" for a prefill, "64k, last 512" for a chunk of one.
    private var readableTokens: String {
      guard let tokens else { return "" }
      let all = TokenCount(Int(tokens)).description
      guard let queryTokens, queryTokens != 1 else { return all }
      return all + (queryTokens == tokens ? ", all" : ", last \(TokenCount(Int(queryTokens)))")
    }

    private func cells(when: String, tokens: [String]) -> [String] {
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
          columns: Self.columns.filter { $0 != "query_tokens" }.map { $0 == "when" ? "when (UTC)" : $0 })
        for item in items { table.add(item.readableCells) }
        try Output.write(items.isEmpty ? ["no runs in \(reading.database)"] : table.lines)
      }
    }
  }
}
