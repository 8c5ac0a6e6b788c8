/// Text that comes from outside - a driver's name of a device, a compiler's log, a file - as a terminal may have it.
///
/// Control characters move the cursor, change colours or end lines that tables have laid out; none of them is printed.
public enum PrintableText {
  /// One line: every control character is a space.
  public static func line(_ text: String) -> String { replacing(text) { _ in true } }

  /// Several lines: every control character but the ends of lines and tabs is a space.
  public static func lines(_ text: String) -> String { replacing(text) { $0 != "\n" && $0 != "\t" } }

  private static func replacing(_ text: String, _ isReplaced: (Unicode.Scalar) -> Bool) -> String {
    func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control && isReplaced(scalar)
    }
    guard text.unicodeScalars.contains(where: isUnfit) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isUnfit($0) ? " " : $0 }))
  }
}
