/// A part of a report on a reproduction: paragraphs and tables under a title, for a terminal or as Markdown.
struct ReproductionSection {
  /// A paragraph or a table.
  enum Block {
    case text(String)
    case table(columns: [String], rows: [[String]])
  }

  var title: String
  var blocks: [Block] = []

  /// The section for a terminal, at most 100 columns wide.
  var lines: [String] {
    blocks.reduce(into: [title, String(repeating: "═", count: min(title.count, TextTable.widest))]) { lines, block in
      lines.append("")
      switch block {
      case .text(let text): lines += TextTable.wrap(text, TextTable.widest)
      case .table(let columns, let rows):
        var table = TextTable(columns: columns)
        for row in rows { table.add(row) }
        lines += table.lines
      }
    }
  }

  /// The section as Markdown.
  var markdown: [String] {
    blocks.reduce(into: ["## \(title)"]) { lines, block in
      lines.append("")
      switch block {
      case .text(let text): lines += TextTable.wrap(text, 120)
      case .table(let columns, let rows):
        lines.append(Self.row(columns))
        lines.append(Self.row(columns.indices.map { $0 == 0 ? "---" : "---:" }))
        lines += rows.map(Self.row)
      }
    }
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }
}
