import Measurements
import ResultStore

/// Imports as they are stored, as text and as JSON.
public struct SourceReport: Encodable {
  private let imports: [Item]

  private struct Item: Encodable {
    let number: Int64
    let when: String
    let path: String
    let sha256: String
    let format: String
    let mapping: String
    let source: String
    let license: String
    let software: String
    let rows: Int64
    let kept: Int64
    let bad: Int64
    let duplicate: Int64
    let unverified: Int64

    private enum CodingKeys: String, CodingKey {
      case when, path, sha256, format, mapping, source, license, software, rows, kept, bad, duplicate, unverified
      case number = "import"
    }
  }

  /// Creates a report.
  public init(_ sources: [StoredSource]) {
    imports = sources.map { source in
      Item(
        number: source.id, when: source.record.importedAt, path: source.record.path, sha256: source.record.sha256,
        format: source.format, mapping: source.mapping, source: source.record.origin, license: source.record.license,
        software: source.software, rows: source.rows, kept: source.kept, bad: source.bad,
        duplicate: source.duplicates, unverified: source.unverified)
    }
  }

  /// A line for each import, at most 100 columns wide.
  public var lines: [String] {
    guard !imports.isEmpty else { return ["no imports; treeline import FILE makes one"] }
    var table = TextTable(
      columns: ["import", "when (UTC)", "file", "read as", "rows", "bad", "twice", "unverified"])
    for item in imports {
      table.add([
        "\(item.number)", item.when.replacing("T", with: " ").replacing("Z", with: ""),
        ImportReport.lastPart(item.path), item.format,
        "\(item.rows)", "\(item.bad)", "\(item.duplicate)", "\(item.unverified)",
      ])
    }
    return table.lines
  }

  /// What is to be said of the rows of one import.
  public static func lines(_ issues: [ImportIssue], of path: String) -> [String] {
    issues.isEmpty
      ? ["nothing to be said of any row of \(TextTable.printable(path))"]
      : ImportReport.issues(issues, of: path, limit: .max)
  }
}
