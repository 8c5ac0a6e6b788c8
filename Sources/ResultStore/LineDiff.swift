/// The lines that lead from one text to another: a longest common subsequence of lines, and the rest.
///
///     print(LineDiff(from: "a\nb\nc", to: "a\nc\nd"))
///     // -b
///     // +d
public struct LineDiff: Sendable, Hashable, CustomStringConvertible {
  /// What becomes of a line.
  public enum Change: String, Sendable, Hashable {
    /// In both texts.
    case common = " "
    /// In the first text only.
    case removed = "-"
    /// In the second text only.
    case added = "+"
  }

  /// A line and what becomes of it.
  public struct Line: Sendable, Hashable {
    /// What becomes of it.
    public let change: Change
    /// The line, without its end.
    public let text: String
  }

  /// Every line of either text in order; of lines that differ, the removed ones come first.
  public let lines: [Line]

  /// Compares two texts, line by line and byte by byte.
  ///
  /// Time and space grow with the product of the lines between the common start and the common end. Above 4 million,
  /// all of these count as removed and added: correct, if not the shortest.
  public init(from old: String, to new: String) {
    let old = Self.split(old)
    let new = Self.split(new)
    let shorter = min(old.count, new.count)
    var start = 0
    while start < shorter, Self.equal(old[start], new[start]) { start += 1 }
    var end = 0
    while end < shorter - start, Self.equal(old[old.count - 1 - end], new[new.count - 1 - end]) { end += 1 }
    lines =
      old[..<start].map { Line(change: .common, text: $0) }
      + Self.between(Array(old[start..<(old.count - end)]), Array(new[start..<(new.count - end)]))
      + old[(old.count - end)...].map { Line(change: .common, text: $0) }
  }

  /// The lines that differ, each after `-` or `+`.
  public var description: String {
    lines.filter { $0.change != .common }.map { $0.change.rawValue + $0.text }.joined(separator: "\n")
  }

  private static func between(_ old: [String], _ new: [String]) -> [Line] {
    let removedAll = old.map { Line(change: .removed, text: $0) } + new.map { Line(change: .added, text: $0) }
    guard !old.isEmpty, !new.isEmpty, old.count <= 4_000_000 / new.count else { return removedAll }
    // longest[i * width + j]: the length of a longest common subsequence of old[i...] and new[j...].
    let width = new.count + 1
    var longest = [Int32](repeating: 0, count: (old.count + 1) * width)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        longest[i * width + j] =
          equal(old[i], new[j])
          ? longest[(i + 1) * width + j + 1] + 1
          : max(longest[(i + 1) * width + j], longest[i * width + j + 1])
      }
    }
    var lines: [Line] = []
    var i = 0
    var j = 0
    while i < old.count || j < new.count {
      if i < old.count, j < new.count, equal(old[i], new[j]) {
        lines.append(Line(change: .common, text: old[i]))
        i += 1
        j += 1
      } else if i < old.count, j == new.count || longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
        lines.append(Line(change: .removed, text: old[i]))
        i += 1
      } else {
        lines.append(Line(change: .added, text: new[j]))
        j += 1
      }
    }
    return lines
  }

  // By bytes: Swift takes "\r\n" for one character, and composed and decomposed accents for equal.
  private static func split(_ text: String) -> [String] {
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  private static func equal(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}
