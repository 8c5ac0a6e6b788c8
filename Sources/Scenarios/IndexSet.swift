import Quantities

/// Whole numbers as they are asked for: `3`, `0-7`, `0-7,12`.
struct IndexSet: Hashable, Sendable {
  /// The ranges, as written.
  var ranges: [ClosedRange<Int>]

  /// The largest number that can be asked for; far above the ranks and links of any cluster.
  static let largest = 1_000_000_000

  /// Reads numbers and ranges joined by commas.
  ///
  /// - Returns: Nil when the text is something else, such as an empty one or a range that falls.
  init?(_ text: String) {
    ranges = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { Self.number(String($0)) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
        return nil
      }
      ranges.append(first...last)
    }
  }

  private static func number(_ text: String) -> Int? {
    let digits = NumberText.trim(text)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits),
      number <= largest
    else { return nil }
    return number
  }

  /// The largest number in it.
  var last: Int { ranges.map(\.upperBound).max() ?? 0 }

  /// Every number once, rising.
  var numbers: [Int] {
    var seen: Set<Int> = []
    for range in ranges { seen.formUnion(range) }
    return seen.sorted()
  }

  /// As it would be asked for.
  var text: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }
}
