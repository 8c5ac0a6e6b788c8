/// Comma-separated values as RFC 4180 has them.
public enum CSVText {
  /// The lines of a table.
  ///
  /// - Parameters:
  ///   - header: The names of the columns.
  ///   - rows: The cells.
  public static func lines(header: [String], rows: [[String]]) -> [String] {
    ([header] + rows).map { $0.map(quoted).joined(separator: ",") }
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
