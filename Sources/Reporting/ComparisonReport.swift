import Quantities
import ResultStore

/// Two runs side by side, for a terminal, as JSON and as CSV: what differed going in, and what came out of it.
public struct ComparisonReport: Sendable {
  private let first: Int64
  private let second: Int64
  private let comparison: RunComparison
  private let showsAll: Bool

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - first: The number of the first run.
  ///   - second: The number of the second run.
  ///   - comparison: What they have and differ in.
  ///   - showsAll: Whether metrics that are equal, and those of single ranks, are shown too.
  public init(first: Int64, second: Int64, comparison: RunComparison, showsAll: Bool) {
    self.first = first
    self.second = second
    self.comparison = comparison
    self.showsAll = showsAll
  }

  /// The relative change below which two figures are equal but for the rounding of sums.
  private static let rounding = 1e-9

  private var shownMetrics: [RunComparison.Metric] {
    guard !showsAll else { return comparison.metrics }
    return comparison.metrics.filter { metric in
      if let ratio = metric.ratio, abs(ratio - 1) < Self.rounding { return false }
      guard metric.first?.value != metric.second?.value else { return false }
      return !((metric.first ?? metric.second).map(StoredRunReport.isDetail) ?? false)
    }
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines = ["Run \(first) against run \(second)", ""]
    for setting in comparison.settings {
      lines += TextTable.wrap(TextTable.printable("\(setting.name):"), TextTable.widest)
      lines += [("- ", setting.first), ("+ ", setting.second)].flatMap { sign, value in
        value.map { HangingText.lines("  " + sign, $0) } ?? []
      }
    }
    for input in comparison.inputs {
      let (before, after) = (input.first?.name ?? "-", input.second?.name ?? "-")
      let names = before == after ? before : before + " → " + after
      lines += TextTable.wrap(TextTable.printable("\(input.kind) \(names):"), TextTable.widest)
      lines += InputDiffText(diff: input.diff).lines.flatMap { HangingText.lines("  ", $0) }
    }
    if comparison.inputs.isEmpty, comparison.settings.isEmpty { lines.append("The inputs are the same.") }
    let summary = ComparisonSummary(comparison: comparison).sentences
    if !summary.isEmpty { lines += [""] + summary.flatMap { TextTable.wrap($0, TextTable.widest) } }
    let metrics = shownMetrics
    guard !metrics.isEmpty else { return lines + ["", "No metric differs."] }
    lines.append("")
    var table = TextTable(columns: ["metric", "run \(first)", "run \(second)", "change"])
    for (label, rows) in Self.byLabel(metrics) {
      table.addHeading(label)
      for metric in rows {
        table.add([
          "  " + metric.name + (metric.scope.isEmpty ? "" : ", " + metric.scope) + Self.provenance(metric),
          metric.first.map(MetricText.describe) ?? "-", metric.second.map(MetricText.describe) ?? "-",
          Self.change(metric),
        ])
      }
    }
    lines += table.lines
    let equal = comparison.metrics.count - metrics.count
    if equal > 0, !showsAll {
      lines.append("(\(equal) more are equal, of single ranks, or estimates of collectives: --all)")
    }
    return lines
  }

  private static func byLabel(_ metrics: [RunComparison.Metric]) -> [(String, [RunComparison.Metric])] {
    var groups: [(String, [RunComparison.Metric])] = []
    for metric in metrics {
      if let place = groups.firstIndex(where: { $0.0 == metric.label }) {
        groups[place].1.append(metric)
      } else {
        groups.append((metric.label, [metric]))
      }
    }
    return groups
  }

  private static func provenance(_ metric: RunComparison.Metric) -> String {
    let kinds = [metric.first, metric.second].compactMap { $0?.provenance.rawValue }
    return Set(kinds) == ["simulated"] ? "" : " (\(Array(Set(kinds)).sorted().joined(separator: ", ")))"
  }

  private static func change(_ metric: RunComparison.Metric) -> String {
    guard let ratio = metric.ratio else { return "" }
    if ratio >= 2 || ratio <= 0.5 { return "x " + NumberText.format(ratio, significantDigits: 3) }
    let percent = 100 * (ratio - 1)
    return (percent > 0 ? "+" : "") + NumberText.format(percent, significantDigits: 3) + " %"
  }

  // MARK: For programs

  private static let columns = [
    "result", "metric", "scope", "unit", "first", "first_provenance", "second", "second_provenance", "ratio",
  ]

  private var rows: [[String]] {
    shownMetrics.map { metric in
      [
        metric.label, metric.name, metric.scope, (metric.first ?? metric.second)?.unit ?? "",
        metric.first?.value.description ?? "", metric.first?.provenance.rawValue ?? "",
        metric.second?.value.description ?? "", metric.second?.provenance.rawValue ?? "",
        metric.ratio.map { "\($0)" } ?? "",
      ]
    }
  }

  /// The metrics as CSV.
  public var csvLines: [String] { CSVText.lines(header: Self.columns, rows: rows) }

  /// Everything as JSON.
  ///
  /// - Throws: `EncodingError`, which finite metrics never cause.
  public func json() throws -> String {
    struct Side: Encodable {
      var value: MetricNumber
      var provenance: String
    }
    struct Row: Encodable {
      var result: String
      var metric: String
      var scope: String
      var unit: String
      var first: Side?
      var second: Side?
      var ratio: Double?
    }
    struct Change: Encodable {
      var name: String
      var first: String?
      var second: String?
    }
    struct Whole: Encodable {
      var first: Int64
      var second: Int64
      var settings: [Change]
      var inputs: [Change]
      var metrics: [Row]
    }
    func side(_ record: MetricRecord?) -> Side? {
      record.map { Side(value: MetricNumber(value: $0.value), provenance: $0.provenance.rawValue) }
    }
    return try JSONText.encode(
      Whole(
        first: first, second: second,
        settings: comparison.settings.map { Change(name: $0.name, first: $0.first, second: $0.second) },
        inputs: comparison.inputs.map { Change(name: $0.kind, first: $0.first?.hash, second: $0.second?.hash) },
        metrics: shownMetrics.map {
          Row(
            result: $0.label, metric: $0.name, scope: $0.scope, unit: ($0.first ?? $0.second)?.unit ?? "",
            first: side($0.first), second: side($0.second), ratio: $0.ratio)
        }))
  }
}
