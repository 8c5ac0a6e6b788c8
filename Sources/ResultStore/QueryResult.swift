/// What a query gave: named columns and rows of typed cells.
public struct QueryResult: Sendable, Hashable {
  /// A value as SQLite holds it.
  public enum Cell: Sendable, Hashable, CustomStringConvertible {
    /// No value.
    case null
    /// A whole number, exact.
    case integer(Int64)
    /// A real number.
    case real(Double)
    /// A text; bytes that are not UTF-8 show as replacement characters.
    case text(String)
    /// Bytes.
    case blob([UInt8])

    /// The value for a table: empty for a null, `x'0aff'` for bytes.
    public var description: String {
      switch self {
      case .null: ""
      case .integer(let value): String(value)
      case .real(let value): String(value)
      case .text(let text): text
      case .blob(let bytes):
        "x'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
      }
    }
  }

  /// The names of the columns, as SQLite gives them; they may repeat.
  public let columns: [String]
  /// The rows, each with a cell for every column.
  public let rows: [[Cell]]
  /// Whether there were more rows than the limit.
  public let isTruncated: Bool
}
