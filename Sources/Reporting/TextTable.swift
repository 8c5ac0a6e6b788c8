/// A table for a terminal: a column of row names and columns of figures, at most 100 columns wide.
///
///     var table = TextTable(columns: ["", "tree", "ring"])
///     table.add(["step time", "85.2 µs", "838 ms"])
///     print(table.lines.joined(separator: "\n"))
///
/// The first column is flush left, the others flush right. Cells that are too long for the width are broken at spaces
/// onto further lines of their row. Up to 34 columns fit the width.
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
    let filled = (cells + [String](repeating: "", count: columns.count)).prefix(columns.count)
    rows.append(.cells(filled.map(Self.printable)))
  }

  /// Adds a line that names the rows below it.
  public mutating func addHeading(_ text: String) {
    rows.append(.heading(Self.printable(text)))
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
      case .heading(let text): lines += Self.wrap(text, Self.widest).map(\.withoutTrailingSpaces)
      case .rule: lines.append(rule)
      }
    }
    return lines
  }

  /// Natural widths where their sum fits. Otherwise the first column has half of the width at most, and the widest of the
  /// others are cut to one width, as far as they can be without cutting words, and further only where that can't do.
  private var columnWidths: [Int] {
    var natural = columns.map(\.count)
    var words = columns.map(Self.longestWord)
    for case .cells(let cells) in rows {
      for (index, cell) in cells.enumerated() {
        natural[index] = max(natural[index], cell.count)
        words[index] = max(words[index], Self.longestWord(cell))
      }
    }
    let room = Self.widest - 2 * (natural.count - 1)
    guard natural.reduce(0, +) > room, let name = natural.first else { return natural }
    // A character at least is left for each of the others.
    let first = max(1, min(name, Self.widest / 2, room - (natural.count - 1)))
    let others = Array(natural.dropFirst())
    let left = room - first
    return [first]
      + (Self.cut(others, notBelow: Array(words.dropFirst()), to: left)
        ?? Self.cut(others, notBelow: others.map { _ in 1 }, to: left) ?? others.map { _ in 1 })
  }

  /// Cuts the widest of some columns to one width, the largest with which all fit, but none below its least width.
  ///
  /// - Returns: Nil when the least widths don't fit.
  private static func cut(_ natural: [Int], notBelow least: [Int], to room: Int) -> [Int]? {
    func widths(_ cap: Int) -> [Int] { zip(natural, least).map { min($0, max($1, cap)) } }
    guard let cap = (1...widest).last(where: { widths($0).reduce(0, +) <= room }) else { return nil }
    var widths = widths(cap)
    // What the next width would be too much for goes to those that were cut, from the left.
    var rest = room - widths.reduce(0, +)
    for index in widths.indices where rest > 0 && widths[index] < natural[index] {
      widths[index] += 1
      rest -= 1
    }
    return widths
  }

  private static func longestWord(_ text: String) -> Int {
    text.split(separator: " ").map(\.count).max() ?? 0
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
      return text.withoutTrailingSpaces
    }
  }

  /// A text without characters that would move the cursor: each is a space.
  static func printable(_ text: String) -> String { PrintableText.line(text) }

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
        // A name such as hierarchical(two-shot,ring) is best broken after one of its marks.
        let marks = word.prefix(width).lastIndex { "(,".contains($0) }
        let cut = marks.map { word.index(after: $0) } ?? word.index(word.startIndex, offsetBy: width)
        lines.append(String(word[..<cut]))
        word = String(word[cut...])
      }
      line = word
    }
    lines.append(line)
    return lines
  }
}

extension String {
  /// The text without the spaces at its end.
  var withoutTrailingSpaces: String {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return String(self[..<end])
  }
}
