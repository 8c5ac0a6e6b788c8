import Foundation

/// Standard output.
enum Output {
  /// Writes lines.
  static func write(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    write(lines.joined(separator: "\n"))
  }

  /// Writes a text and ends its line.
  static func write(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
