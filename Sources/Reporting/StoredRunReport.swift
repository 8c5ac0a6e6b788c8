import Quantities
import ResultStore

/// A stored run for a terminal: its settings, every result with its metrics, and its inputs.
public struct StoredRunReport: Sendable {
  private let run: StoredRun
  private let showsInputs: Bool

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - showsInputs: Whether the texts that it was made from are printed in full.
  public init(run: StoredRun, showsInputs: Bool) {
    self.run = run
    self.showsInputs = showsInputs
  }

  /// The report, line by line, at most 100 columns wide but for the texts of inputs.
  public var lines: [String] {
    let record = run.run
    var pairs = [
      ("run", "\(run.id), \(record.kind), \(record.createdAt), treeline \(record.treelineVersion)"),
      ("command", record.command),
    ]
    for input in run.inputs { pairs.append((input.kind, "\(input.name), sha256 \(input.hash)")) }
    if let tokens = record.tokens { pairs.append(("tokens", TokenCount(Int(tokens)).description)) }
    if let queryTokens = record.queryTokens, queryTokens != 1 {
      pairs.append(("queries", "last \(TokenCount(Int(queryTokens))) tokens, \(record.mask ?? "unknown") mask"))
    }
    if let batch = record.batch { pairs.append(("batch", "\(batch)")) }
    if let worldSize = record.worldSize { pairs.append(("ranks", "\(worldSize)")) }
    if let dtype = record.dtype { pairs.append(("dtype", dtype)) }
    if let seed = record.seed { pairs.append(("seed", "\(seed)")) }
    if let note = record.note { pairs.append(("note", note)) }
    var lines = pairs.flatMap { HangingText.lines($0.0.padded(to: 10), $0.1) }
    for result in run.results {
      let status = result.status == .ok ? "" : ", \(result.status.rawValue)"
      lines += [""] + HangingText.lines(PrintableText.line("\(result.label): "), result.options + status)
      var table = TextTable(columns: ["metric", "scope", "value", "provenance"])
      for metric in result.metrics where !Self.isDetail(metric) {
        table.add([metric.name, metric.scope, MetricText.describe(metric), metric.provenance.rawValue])
      }
      lines += table.lines
      let hidden = result.metrics.count { Self.isDetail($0) }
      if hidden > 0 {
        let kinds =
          result.metrics.contains(where: Self.isOfOneReplication)
          ? "ranks, replications and estimates of collectives" : "ranks and estimates of collectives"
        lines += TextTable.wrap(
          "(\(hidden) figures of single \(kinds): --json, --csv or results sql)", TextTable.widest)
      }
    }
    guard showsInputs else { return lines }
    for input in run.inputs {
      lines += ["", PrintableText.line("# \(input.kind) \(input.name)")]
      lines += PrintableText.lines(input.text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    return lines
  }

  /// Whether a metric is one of many of its kind, which lists for a person leave out.
  static func isDetail(_ metric: MetricRecord) -> Bool {
    isOfOneRank(metric) || isOfOneReplication(metric) || metric.name == "collective estimate"
  }

  private static func isOfOneReplication(_ metric: MetricRecord) -> Bool {
    metric.name == MetricRecord.stepTimeName && metric.scope.hasPrefix("replication ")
  }

  static func isOfOneRank(_ metric: MetricRecord) -> Bool {
    metric.scope.hasPrefix("rank ") && (metric.name == "bytes sent" || metric.name == "peak memory")
  }
}
