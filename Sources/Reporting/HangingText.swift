/// A name with a text behind it that is broken at spaces, so that no line is wider than a terminal and every line of the
/// text starts in one column.
///
///     HangingText.lines("note      ", "a remark that is longer than the line is wide …")
public enum HangingText {
  /// The lines.
  ///
  /// - Parameters:
  ///   - name: What stands before the first line, with the spaces up to the text.
  ///   - text: The text; control characters are spaces.
  public static func lines(_ name: String, _ text: String) -> [String] {
    let width = name.count
    // A name that leaves no room has the text below it.
    guard width <= TextTable.widest / 2 else {
      return TextTable.wrap(name, TextTable.widest) + lines("  ", text)
    }
    let blank = String(repeating: " ", count: width)
    return TextTable.wrap(TextTable.printable(text), TextTable.widest - width).enumerated().map { index, line in
      ((index == 0 ? name : blank) + line).withoutTrailingSpaces
    }
  }
}
