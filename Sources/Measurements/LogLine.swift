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

  /// How far into a line a launcher's tag may end.
  private static let longestTag = 128

  /// Takes away what launchers put before a line: a time such as `2026-11-28T13:00:05.123Z `, what mpirun's options
  /// `--tag-output` and `--timestamp-output` write up to `<stdout>:`, as `[1,0]<stdout>:`, `[prterun-node0-77@1,0]<stdout>: `
  /// and `Sat Nov 28 13:00:05 2026<stdout>:`, and `3: `, as `srun --label` does.
  private static func withoutPrefix(_ whole: Substring) -> Substring {
    let line = withoutTime(whole)
    guard let first = line.first else { return line }
    for tag in ["<stdout>:", "<stderr>:"] {
      if let range = line.prefix(longestTag).firstRange(of: tag) { return withoutTime(line[range.upperBound...]) }
    }
    if first.isNumber {
      let rest = line.drop { $0.isNumber }
      if rest.hasPrefix(": ") { return rest.dropFirst(2) }
    }
    return line
  }

  /// Takes away a date and time of ISO 8601, in brackets or not, with the space behind it.
  private static func withoutTime(_ line: Substring) -> Substring {
    // A year is four digits and a dash, which no row has: so much is looked at before an expression is.
    let start = line.hasPrefix("[") ? line.dropFirst() : line
    guard start.utf8.dropFirst(4).first == UInt8(ascii: "-") else { return line }
    let time = #/^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?\]?:? /#
    return line.prefixMatch(of: time).map { line[$0.range.upperBound...] } ?? line
  }
}
