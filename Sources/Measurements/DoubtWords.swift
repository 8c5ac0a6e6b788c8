/// Finds values that say of themselves that nobody has verified them.
///
/// This is a class because it remembers what it has seen: a column of names holds few different ones.
final class DoubtWords {
  private static let words: Set<String> = ["check", "inferred", "unofficial", "weak", "sic"]
  private var known: [String: Bool] = [:]

  /// Whether a value has a question mark, or a word such as `check` or `inferred`.
  func doubt(_ field: String) -> Bool {
    // Most values are numbers, which need no search.
    guard field.utf8.contains(where: { $0 | 0x20 >= UInt8(ascii: "a") || $0 == UInt8(ascii: "?") }) else {
      return false
    }
    if let known = known[field] { return known }
    let isDoubted =
      field.contains("?")
      || field.lowercased().split(whereSeparator: { !$0.isLetter }).contains { Self.words.contains(String($0)) }
    if known.count < 10_000 { known[field] = isDoubted }
    return isDoubted
  }
}
