import Foundation

/// What tells a file of SQLite from any other.
public enum DatabaseFile {
  /// Whether a file is a database of SQLite: whatever writes over one loses all that is stored in it.
  public static func isDatabase(_ path: String) -> Bool {
    guard (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeRegular,
      let handle = FileHandle(forReadingAtPath: path)
    else { return false }
    defer { try? handle.close() }
    let head = (try? handle.read(upToCount: 16)) ?? nil
    return head == Data("SQLite format 3\0".utf8)
  }

  /// Why such a file is not written over, as the end of a sentence.
  public static let refusal = "it is a database, whose stored results would be lost"
}
