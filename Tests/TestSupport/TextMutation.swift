/// Texts with something wrong in them, for tests that readers take any.
public enum TextMutation {
  /// Pieces that readers have tripped over, here or elsewhere.
  public static let fragments = [
    "nan", "inf", "1e400", "-1", "0", "99999999999999999999", "9223372036854775807", "1e308 TB/s", "5 GB", "''", "[]",
    "{}", "~", "null", "true", "\"", "'", ": ", "- ", "\n", "\n  ", "\t", "#", "&a ", "*a", "!!int ", "|", ">", "%",
    "@",
    "`", "---\n", "...\n", "? ", "<<: ", ",", "{", "}", "[", "]", "µ", "٣", "\u{0}", "\u{FEFF}", "\u{2028}", "name",
    "heads: 0", "kind: mla", "_",
  ]

  /// A text with a few seeded changes: a piece deleted, doubled, moved, or replaced by something awkward.
  public static func mutated(_ text: String, _ generator: inout SeededGenerator) -> String {
    var letters = Array(text.unicodeScalars)
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let start = Int.random(in: 0...letters.count, using: &generator)
      let end = min(letters.count, start + Int.random(in: 0...8, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: letters.removeSubrange(start..<end)
      case 1: letters.insert(contentsOf: letters[start..<end], at: start)
      case 2:
        let piece = Array(letters[start..<end])
        letters.removeSubrange(start..<end)
        letters.insert(contentsOf: piece, at: Int.random(in: 0...letters.count, using: &generator))
      case 3:
        if start < letters.count { letters[start] = Unicode.Scalar(UInt8.random(in: 0...255, using: &generator)) }
      default:
        let fragment = fragments[Int.random(in: 0..<fragments.count, using: &generator)]
        letters.replaceSubrange(start..<end, with: fragment.unicodeScalars)
      }
    }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: letters)
    return String(result)
  }
}
