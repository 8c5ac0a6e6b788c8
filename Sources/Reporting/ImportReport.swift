import Measurements
import Quantities
import ResultStore

/// What came of importing files, as text.
public struct ImportReport {
  /// A file, and what became of it.
  public struct Item: Sendable {
    /// What became of the file.
    public enum Outcome: Sendable {
      /// It is stored under this number.
      case stored(Int64)
      /// It was stored under this number before.
      case known(Int64)
      /// Nothing was to be stored.
      case notStored
    }

    /// The file.
    public let file: MeasurementFile
    /// Where it comes from, and its licence.
    public let record: SourceRecord
    /// What became of it.
    public let outcome: Outcome

    /// Creates an item.
    public init(file: MeasurementFile, record: SourceRecord, outcome: Outcome) {
      self.file = file
      self.record = record
      self.outcome = outcome
    }
  }

  /// How many issues of a file are listed.
  public static let listedIssues = 20

  private let items: [Item]

  /// Creates a report.
  public init(_ items: [Item]) { self.items = items }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(columns: ["file", "read as", "rows", "kept", "bad", "twice", "unverified", "import"])
    for item in items {
      let file = item.file
      let outcome =
        switch item.outcome {
        case .stored(let id): "\(id)"
        case .known(let id): "\(id), unchanged"
        case .notStored: "not stored"
        }
      table.add([
        Self.lastPart(file.name), file.format.rawValue, "\(file.rowCount)", "\(file.keptCount)", "\(file.count(.bad))",
        "\(file.count(.duplicate))", "\(file.count(.unverified))", outcome,
      ])
    }
    var lines = table.lines + [""]
    for item in items {
      lines += Self.wrapped(
        "\(item.file.name): from \(item.record.origin); licence \(item.record.license)"
          + (item.file.software.isEmpty ? "" : "; \(item.file.software)"))
      lines += Self.issues(item.file.issues, of: item.file.name)
    }
    return lines
  }

  /// The name of a file without its folders.
  static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map { String($0) } ?? path }

  /// The first issues of a file, a line each.
  static func issues(_ issues: [ImportIssue], of file: String, limit: Int = listedIssues) -> [String] {
    var lines: [String] = []
    // What is left out is told before what is kept.
    let sorted = ImportIssue.Kind.allCases.flatMap { kind in issues.filter { $0.kind == kind } }
    for issue in sorted.prefix(limit) { lines += wrapped("  " + issue.text(file: file)) }
    if sorted.count > limit { lines.append("  and \(sorted.count - limit) more; --json lists all") }
    return lines
  }

  private static func wrapped(_ text: String) -> [String] {
    TextTable.wrap(TextTable.printable(text), TextTable.widest).map(\.withoutTrailingSpaces)
  }
}
