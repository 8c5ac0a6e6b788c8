import Foundation
import Testing

/// A text that the output of a command must equal, kept in `Tests/TreelineTests/Golden`.
///
/// When output changes on purpose, renew the files and read what changed in the difference before committing it:
///
///     touch Tests/TreelineTests/Golden/renew
///     swift test --filter GoldenTests     # writes the files, and fails so that no one leaves the mark there
///     rm Tests/TreelineTests/Golden/renew
///     git diff Tests/TreelineTests/Golden
enum GoldenFile {
  private static let folder = Repository.root.appendingPathComponent("Tests/TreelineTests/Golden")

  private static var renews: Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent("renew").path)
  }

  /// Compares a text with the file of a name, or writes the file where that was asked for.
  static func check(_ actual: String, against name: String) throws {
    let file = folder.appendingPathComponent(name + ".txt")
    let actual = withoutTimes(actual)
    if renews {
      try Data(actual.utf8).write(to: file)
      Issue.record("\(name).txt was renewed; remove Tests/TreelineTests/Golden/renew")
      return
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
      Issue.record("there is no \(name).txt; see GoldenFile for how to make it")
      return
    }
    let expected = String(decoding: data, as: UTF8.self)
    guard actual != expected else { return }
    let (actualLines, expectedLines) = (actual.split(separator: "\n"), expected.split(separator: "\n"))
    let place = zip(actualLines, expectedLines).enumerated().first { $0.element.0 != $0.element.1 }
    if let (line, (found, wanted)) = place {
      Issue.record("\(name).txt, non-empty line \(line + 1): found\n  \(found)\nexpected\n  \(wanted)")
    } else {
      Issue.record("\(name).txt: \(actualLines.count) non-empty lines, expected \(expectedLines.count)")
    }
  }

  /// The text with each time of a run replaced by one of the same width.
  private static func withoutTimes(_ text: String) -> String {
    text.replacing(/\d{4}-\d\d-\d\d/, with: "YYYY-MM-DD").replacing(/\d\d:\d\d:\d\d/, with: "hh:mm:ss")
  }
}
