/// A table of a log of nccl-tests: the columns that it says it has, and its rows.
struct LogTable {
  /// The columns behind the type and before the first time: `redop`, `root`, both or neither.
  let middle: [String]
  /// 2 where results out of place and in place stand side by side.
  let sides: Int
  /// What stands behind the last side: nothing, or a timestamp.
  let tail: Int
  /// Why none of the rows can be used; nil where they can.
  var refusal: String?
  /// The rows.
  var rows: [LogLine] = []
  /// The lines that hold a row behind something else.
  var hidden: [Int] = []

  /// The columns of one side.
  private static let side = ["time", "algbw", "busbw"]

  /// Reads the line that names the columns; nil for any other line.
  init?(_ line: LogLine) {
    guard let names = line.comment.map({ $0.map(String.init) }), names.count >= 6,
      Array(names.prefix(3)) == ["size", "count", "type"]
    else { return nil }
    let isTime = { (name: String) in name == "time" || name == "cputime" }
    let starts = names.indices.filter { isTime(names[$0]) }
    middle = Array(names[3..<(starts.first ?? names.count)])
    sides = starts.count
    tail = names.last == "timestamp" ? 1 : 0
    let ends = starts.dropFirst() + [names.count - tail]
    let parts = zip(starts, ends).map { names[$0..<$1].map { $0 == "cputime" ? "time" : $0 } }
    guard (1...2).contains(sides), parts.allSatisfy({ $0.count == 4 && Array($0.prefix(3)) == Self.side }),
      middle.allSatisfy({ $0 == "redop" || $0 == "root" })
    else {
      refusal =
        "line \(line.number) names the columns '\(TableReader.short(names.joined(separator: " ")))', expected "
        + "size count type, redop and root or neither, and time algbw busbw #wrong once or twice"
      return
    }
    if names.contains("cputime") {
      refusal = "line \(line.number) names 'cputime', which is not what the collective took"
    }
  }

  /// Takes note of the line of units.
  mutating func takeUnits(_ line: LogLine) {
    guard let units = line.comment, units.first == "(B)" else { return }
    let known: Set<Substring> = ["(B)", "(elements)", "(us)", "(GB/s)"]
    guard let other = units.first(where: { $0.hasPrefix("(") && !known.contains($0) }) else { return }
    refusal =
      "line \(line.number) gives the unit '\(other)', expected (B), (elements), (us) and (GB/s); units mixed up?"
  }

  /// Whether a line that is no row holds one behind something else, such as a prefix of a launcher that is not known.
  func hidesRow(_ line: LogLine) -> Bool {
    let words = line.words
    guard words.count > 8, let place = words.firstIndex(where: { LogRow.isType($0) }), place >= 3 else { return false }
    func isWhole(_ word: Substring) -> Bool { word.utf8.allSatisfy { (48...57).contains($0) } }
    return isWhole(words[place - 1]) && isWhole(words[place - 2])
      && words[(place + 1)...].count { Double($0) != nil } >= 4
  }

  /// Whether a line is meant as a row, sound or not.
  func isRow(_ line: LogLine) -> Bool {
    guard let first = line.words.first, first.utf8.allSatisfy({ (48...57).contains($0) }), line.words.count > 2 else {
      return false
    }
    return line.words[1].utf8.allSatisfy { (48...57).contains($0) } || line.words.count >= 8
  }
}
