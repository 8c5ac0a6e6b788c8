import Measurements
import ResultStore

/// What came of importing files, as JSON.
public struct ImportDocument: Encodable {
  private let files: [File]

  /// Creates a document.
  public init(_ items: [ImportReport.Item]) {
    files = items.map(File.init)
  }

  private struct File: Encodable {
    let path: String
    let sha256: String
    let format: String
    let mapping: String
    let source: String
    let license: String
    let software: String
    let provenance: String
    let rows: Int
    let kept: Int
    let bad: Int
    let duplicate: Int
    let unverified: Int
    let measurements: Int
    let outcome: String
    let number: Int64?
    let issues: [IssueDocument]

    private enum CodingKeys: String, CodingKey {
      case path, sha256, format, mapping, source, license, software, provenance, rows, kept, bad, duplicate, unverified
      case measurements, outcome, issues
      case number = "import"
    }

    init(_ item: ImportReport.Item) {
      let file = item.file
      path = item.record.path
      sha256 = item.record.sha256
      format = file.format.rawValue
      mapping = file.mapping
      source = item.record.origin
      license = item.record.license
      software = file.software
      provenance = file.format.provenance.rawValue
      rows = file.rowCount
      kept = file.keptCount
      bad = file.count(.bad)
      duplicate = file.count(.duplicate)
      unverified = file.count(.unverified)
      measurements = file.measurements.count
      (outcome, number) =
        switch item.outcome {
        case .stored(let id): ("stored", id)
        case .known(let id): ("unchanged", id)
        case .notStored: ("not stored", nil)
        }
      issues = file.issues.map(IssueDocument.init)
    }
  }
}
