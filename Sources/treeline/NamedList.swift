import Reporting

/// A list of presets by name.
struct NamedList {
  let columns: [String]
  let rows: [[String]]
  let folders: [String]

  /// Prints the list in the format asked for.
  func write(_ format: OutputOptions) throws {
    switch try format.choice() {
    case .json:
      Output.write(try JSONText.encode(rows.map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }))
    case .csv:
      Output.write(CSVText.lines(header: columns, rows: rows))
    case .text:
      guard !rows.isEmpty else {
        Output.write("none found in: \(folders.joined(separator: ", "))")
        return
      }
      let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
      Output.write(
        rows.map { row in
          let name = row[0] + String(repeating: " ", count: widths[0] - row[0].count)
          let count = String(repeating: " ", count: widths[1] - row[1].count) + row[1]
          return "\(name)  \(count)  \(row[2])"
        })
    }
  }
}
