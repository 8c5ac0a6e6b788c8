import Foundation
import Reporting

/// Standard output.
enum Output {
  private static let isTerminal = isatty(1) == 1

  /// Writes lines.
  ///
  /// - Throws: ``OutputError`` when they can't be written.
  static func write(_ lines: [String]) throws {
    guard !lines.isEmpty else { return }
    try write(lines.joined(separator: "\n"))
  }

  /// Writes a text and ends its line; on a terminal without control characters, which names from files and drivers may
  /// hold, and elsewhere byte by byte as it is.
  ///
  /// - Throws: ``OutputError`` when it can't be written.
  static func write(_ text: String) throws {
    let text = isTerminal ? PrintableText.lines(text) : text
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
