import ResultStore

/// The tables and views of a result database for a terminal, at most 100 columns wide.
public struct SchemaReport: Sendable {
  private let schema: SchemaDescription

  /// Creates a report.
  public init(_ schema: SchemaDescription) {
    self.schema = schema
  }

  /// A block for each table: its name and meaning, then its columns.
  public var lines: [String] {
    Array(schema.tables.map(block).joined(separator: [""]))
  }

  private func block(_ table: SchemaDescription.Table) -> [String] {
    let names = table.columns.map(\.name.count).max() ?? 0
    let types = table.columns.map(\.type.count).max() ?? 0
    return HangingText.lines("\(table.name) (\(table.isView ? "view" : "table")): ", table.meaning)
      + table.columns.flatMap { column in
        HangingText.lines("  \(column.name.padded(to: names))  \(column.type.padded(to: types))  ", column.meaning)
      }
  }
}
