import Quantities

/// A line of a log without what mpirun or srun put before it, cut into words.
struct LogLine {
  /// The number of the line.
  let number: Int
  /// The text.
  let text: Substring
  /// The words.
  let words: [Substring]

  init(_ number: Int, _ bytes: Substring.UTF8View) {
    self.number = number
    text = Self.withoutPrefix(Substring(bytes))
    words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
  }

  /// The words behind the `#` of a line of the program itself; nil for any other line.
  var comment: ArraySlice<Substring>? {
    guard let first = words.first, first.hasPrefix("#") else { return nil }
    return first.count == 1 ? words.dropFirst() : [first.dropFirst()] + words.dropFirst()
  }

  /// Takes away `[1,0]<stdout>:`, as `mpirun --tag-output` writes it, and `3: `, as `srun --label` does.
  private static func withoutPrefix(_ line: Substring) -> Substring {
    guard let first = line.first else { return line }
    if first == "[", let end = line.firstIndex(of: "]") {
      let inside = line[line.index(after: line.startIndex)..<end]
      let rest = line[line.index(after: end)...]
      guard inside.allSatisfy({ $0.isNumber || $0 == "," }), inside.contains(",") else { return line }
      for tag in ["<stdout>:", "<stderr>:"] where rest.hasPrefix(tag) { return rest.dropFirst(tag.count) }
      return line
    }
    if first.isNumber {
      let rest = line.drop { $0.isNumber }
      if rest.hasPrefix(": ") { return rest.dropFirst(2) }
    }
    return line
  }
}
