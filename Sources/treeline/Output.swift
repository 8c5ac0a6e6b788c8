import Foundation

/// Standard output.
enum Output {
  /// Writes lines.
  ///
  /// - Throws: ``OutputError`` when they can't be written.
  static func write(_ lines: [String]) throws {
    guard !lines.isEmpty else { return }
    try write(lines.joined(separator: "\n"))
  }

  /// Writes a text and ends its line.
  ///
  /// - Throws: ``OutputError`` when it can't be written.
  static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw OutputError()
    }
  }
}

/// Standard output is closed, or what it leads to is full.
struct OutputError: Error, CustomStringConvertible {
  var description: String { "standard output can't be written: it is closed, or the device is full" }
}
