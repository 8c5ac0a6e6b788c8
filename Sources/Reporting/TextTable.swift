/// A table for a terminal: a column of row names and columns of figures, at most 100 columns wide.
///
///     var table = TextTable(columns: ["", "tree", "ring"])
///     table.add(["step time", "85.2 µs", "838 ms"])
///     print(table.lines.joined(separator: "\n"))
///
/// The first column is flush left, the others flush right. Cells that are too long for the width are broken at spaces
/// onto further lines of their row.
public struct TextTable: Sendable {
  /// The widest a line may be.
  public static let widest = 100

  private enum Row: Sendable {
    case cells([String])
    case heading(String)
    case rule
  }

  private let columns: [String]
  private var rows: [Row] = []

  /// Creates a table.
  ///
  /// - Parameter columns: The names of the columns.
  public init(columns: [String]) {
    self.columns = columns
  }

  /// Adds a row; missing cells are empty.
  public mutating func add(_ cells: [String]) {
    rows.append(.cells(Array((cells + [String](repeating: "", count: columns.count)).prefix(columns.count))))
  }

  /// Adds a line that names the rows below it.
  public mutating func addHeading(_ text: String) {
    rows.append(.heading(text))
  }

  /// Adds a horizontal line.
  public mutating func addRule() {
    rows.append(.rule)
  }

  /// The table, line by line, without trailing spaces.
  public var lines: [String] {
    let widths = columnWidths
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    var lines: [String] = []
    if columns.contains(where: { !$0.isEmpty }) {
      lines += Self.layOut(columns, widths)
      lines.append(rule)
    }
    for row in rows {
      switch row {
      case .cells(let cells): lines += Self.layOut(cells, widths)
      case .heading(let text): lines.append(text)
      case .rule: lines.append(rule)
      }
    }
    return lines
  }

  /// Natural widths, the figures' columns cut to equal shares of what the first leaves when the sum is too wide.
  private var columnWidths: [Int] {
    var widths = columns.map(\.count)
    for case .cells(let cells) in rows {
      for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    let gaps = 2 * (widths.count - 1)
    guard widths.reduce(0, +) + gaps > Self.widest, widths.count > 1 else { return widths }
    let available = Self.widest - gaps - min(widths[0], Self.widest / 2)
    widths[0] = min(widths[0], Self.widest / 2)
    var share = available / (widths.count - 1)
    // Columns narrower than their share leave room to the others.
    let narrow = widths.dropFirst().filter { $0 <= share }
    if narrow.count < widths.count - 1 {
      share = (available - narrow.reduce(0, +)) / (widths.count - 1 - narrow.count)
    }
    for index in 1..<widths.count { widths[index] = min(widths[index], share) }
    return widths
  }

  private static func layOut(_ cells: [String], _ widths: [Int]) -> [String] {
    let broken = zip(cells, widths).map { wrap($0, $1) }
    let height = broken.map(\.count).max() ?? 1
    return (0..<height).map { line in
      var text = ""
      for (index, parts) in broken.enumerated() {
        let part = line < parts.count ? parts[line] : ""
        let padding = String(repeating: " ", count: max(0, widths[index] - part.count))
        text += (index == 0 ? "" : "  ") + (index == 0 ? part + padding : padding + part)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  /// Breaks a text at spaces into lines of at most a width; a word that is longer is cut.
  static func wrap(_ text: String, _ width: Int) -> [String] {
    guard text.count > width, width > 0 else { return [text] }
    let indentation = String(text.prefix { $0 == " " })
    guard indentation.isEmpty || indentation.count + 10 > width else {
      // What is indented stays so on every line.
      return wrap(String(text.dropFirst(indentation.count)), width - indentation.count).map { indentation + $0 }
    }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      var word = String(word)
      if !line.isEmpty, line.count + 1 + word.count <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while word.count > width {
        lines.append(String(word.prefix(width)))
        word = String(word.dropFirst(width))
      }
      line = word
    }
    lines.append(line)
    return lines
  }
}
