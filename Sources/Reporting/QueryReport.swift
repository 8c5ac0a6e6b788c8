import Foundation
import ResultStore

/// The result of an SQL query, for a terminal, as JSON and as CSV.
public struct QueryReport: Sendable {
  private let result: QueryResult

  /// Creates a report.
  public init(_ result: QueryResult) {
    self.result = result
  }

  /// A table, line by line; wide rows are not cut.
  public var lines: [String] {
    let columns = result.columns.map { PrintableText.line($0) }
    let rows = result.rows.map { $0.map { PrintableText.line($0.description) } }
    let widths = result.columns.indices.map { column in
      ([columns[column]] + rows.map { $0[column] }).map(\.count).max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      zip(cells, widths).map { $0.padded(to: $1) }.joined(separator: "  ").withoutTrailingSpaces
    }
    return [line(columns), widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")]
      + rows.map(line)
  }

  /// The rows as CSV.
  public var csvLines: [String] {
    CSVText.lines(header: result.columns, rows: result.rows.map { $0.map(\.description) })
  }

  /// The columns and rows as JSON: `{"columns": […], "rows": [[…], …]}`.
  ///
  /// - Throws: `EncodingError` when a cell is a number that JSON can't hold.
  public func json() throws -> String {
    struct Whole: Encodable {
      var columns: [String]
      var rows: [[JSONCell]]
    }
    return try JSONText.encode(
      Whole(columns: result.columns, rows: result.rows.map { $0.map { JSONCell(cell: $0) } }))
  }

  private struct JSONCell: Encodable {
    var cell: QueryResult.Cell

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch cell {
      case .null: try container.encodeNil()
      case .integer(let value): try container.encode(value)
      case .real(let value) where value.isFinite: try container.encode(value)
      default: try container.encode(cell.description)
      }
    }
  }
}
