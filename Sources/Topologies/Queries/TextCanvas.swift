/// Lines of text no wider than a page, with boxes and the cables between them.
struct TextCanvas {
  private let columns: Int
  private(set) var lines: [String] = []

  init(columns: Int) {
    self.columns = columns
  }

  /// Adds lines of text, broken at spaces where it is too long for one.
  mutating func text(_ text: String) {
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.count + 1 + word.count > columns {
        lines.append(line)
        line = "  "
      }
      line += line.isEmpty || line == "  " ? word : " " + word
      while line.count > columns {
        lines.append(String(line.prefix(columns)))
        line = "  " + line.dropFirst(columns)
      }
    }
    lines.append(line)
  }

  /// Adds boxes and cables, from top to bottom.
  mutating func draw(_ rows: [DrawingRow], indent: Int) {
    let margin = String(repeating: " ", count: indent)
    let inner = columns - indent - 4
    let width = min(
      inner,
      rows.reduce(24) { width, row in
        if case .box(let text) = row { return max(width, text.count) }
        return width
      })
    let rule = String(repeating: "─", count: width + 2)
    for row in rows {
      switch row {
      case .box(let text):
        let fitting = fit(text, width)
        lines.append("\(margin)┌\(rule)┐")
        lines.append("\(margin)│ \(fitting)\(String(repeating: " ", count: width - fitting.count)) │")
        lines.append("\(margin)└\(rule)┘")
      case .cables(let text):
        lines.append("\(margin)    ║ \(fit(text, columns - indent - 6))")
      }
    }
  }

  private func fit(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }
}
