/// The lines of a text with their numbers from 1, whatever ends them.
enum TextLines {
  /// Calls a body with each line, its end taken away.
  static func forEach(_ text: String, _ body: (Int, Substring.UTF8View) -> Void) {
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      body(number, line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
  }
}
