/// A file of measurements as read: every row is among those that are kept, the bad ones or the duplicates.
public struct MeasurementFile: Sendable {
  /// The file, as messages name it.
  public let name: String
  /// The format that it was read as.
  public let format: MeasurementFormat
  /// What was declared to read it, in a canonical text; empty for nothing.
  public let mapping: String
  /// The software that the whole file names; empty where rows do, or nothing does.
  public let software: String
  /// The rows of data.
  public let rowCount: Int
  /// What the kept rows say. A row may say several things: a log's row two times, a data sheet's row a figure a column.
  public let measurements: [Measurement]
  /// What is to be said of rows, by line.
  public let issues: [ImportIssue]

  /// How many rows have an issue of a kind.
  public func count(_ kind: ImportIssue.Kind) -> Int { issues.count { $0.kind == kind } }

  /// The rows that are kept.
  public var keptCount: Int { rowCount - count(.bad) - count(.duplicate) }

  /// Creates a file; see the properties for the meaning of each value.
  public init(
    name: String, format: MeasurementFormat, mapping: String = "", software: String = "", rowCount: Int,
    measurements: [Measurement], issues: [ImportIssue]
  ) {
    self.name = name
    self.format = format
    self.mapping = mapping
    self.software = software
    self.rowCount = rowCount
    self.measurements = measurements
    self.issues = issues
  }
}
