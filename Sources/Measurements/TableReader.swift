import Quantities

/// Reads comma-separated values whose header says what they are.
enum TableReader {
  /// Reads a table.
  ///
  /// - Throws: ``MeasurementError`` where the header is no such header, or no row can be used.
  static func read(_ text: String, name: String, schema: any TableSchema.Type) throws(MeasurementError)
    -> MeasurementFile
  {
    var collector = MeasurementCollector()
    var reader: (schema: any TableSchema, columns: [String: Int])?
    var found: [String] = []
    let words = DoubtWords()
    TextLines.forEach(text) { line, bytes in
      if line == 1 {
        found = (try? CSVLine.fields(CSVLine.withoutMark(Substring(bytes)).utf8)) ?? [String(Substring(bytes))]
        if let header = schema.header(matching: found) {
          reader = (schema.init(header: header), columns(header))
        }
      } else if let reader, !bytes.isEmpty {
        collector.take(line) { () throws(RowProblem) in
          try reader.schema.read(
            TableRow(
              line: line, columns: reader.columns, count: reader.columns.count, fields: try CSVLine.fields(bytes),
              words: words))
        }
      }
    }
    guard reader != nil else { throw wrongHeader(found, name: name, schema) }
    return try collector.file(name, schema.format)
  }

  /// The places of columns.
  static func columns(_ header: [String]) -> [String: Int] {
    Dictionary(header.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  private static func wrongHeader(_ found: [String], name: String, _ schema: any TableSchema.Type) -> MeasurementError {
    let expected = schema.headers.max { overlap($0, found) < overlap($1, found) } ?? []
    var hint = ""
    if let index = found.indices.first(where: { $0 >= expected.count || found[$0] != expected[$0] }) {
      hint =
        "; column \(index + 1) is '\(short(found[index]))'"
        + NearestName.suggestion(for: found[index], among: expected)
    }
    return MeasurementError(
      file: name, line: 1,
      "found the header '\(short(found.joined(separator: ",")))', expected '\(expected.joined(separator: ","))'\(hint)")
  }

  private static func overlap(_ header: [String], _ found: [String]) -> Int { header.count { found.contains($0) } }

  /// The beginning of a text that may be long, for messages.
  static func short(_ text: String) -> String { text.count > 120 ? text.prefix(120) + "…" : text }
}
