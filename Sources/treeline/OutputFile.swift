import Foundation
import ResultStore

/// A file that an option names for a result to be written to.
///
/// A link is written through to the file that it names, and a device or a pipe is written into; a regular file is replaced
/// as a whole, so that nobody ever reads half of it.
struct OutputFile {
  /// The option, as messages begin with it.
  let option: String
  /// The path as it was given.
  let path: String

  /// Where the path leads.
  var target: URL { URL(fileURLWithPath: path).resolvingSymlinksInPath() }

  /// Writes a text.
  ///
  /// - Throws: ``OutputFileError`` when it can't be written.
  func write(_ text: String) throws {
    let target = target
    let type = (try? FileManager.default.attributesOfItem(atPath: target.path))?[.type] as? FileAttributeType
    guard type != .typeDirectory else { throw failure("it is a folder") }
    guard !DatabaseFile.isDatabase(target.path) else { throw failure(DatabaseFile.refusal) }
    let folder = target.deletingLastPathComponent()
    guard FileManager.default.fileExists(atPath: folder.path) else { throw failure("no folder '\(folder.path)'") }
    do {
      if type == nil || type == .typeRegular {
        try Data(text.utf8).write(to: target, options: .atomic)
      } else {
        let handle = try FileHandle(forWritingTo: target)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
      }
    } catch {
      throw failure(error.localizedDescription)
    }
  }

  /// Writes a text, and makes the folder that the file stands in where it lacks.
  ///
  /// - Throws: ``OutputFileError`` when it can't be written.
  func writeWithFolder(_ text: String) throws {
    do {
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw failure(error.localizedDescription)
    }
    try write(text)
  }

  /// Checks that the file can be written, its folder made where it lacks, and that nothing of somebody else's is written
  /// over: a regular file must be empty or one of Treeline's.
  ///
  /// - Parameter isOurs: Whether a text is one that Treeline wrote here.
  /// - Throws: ``OutputFileError`` where it can't be written.
  func checkReplacing(onlyWhere isOurs: (String) -> Bool) throws {
    let (files, target) = (FileManager.default, target)
    let type = (try? files.attributesOfItem(atPath: target.path))?[.type] as? FileAttributeType
    guard type != .typeDirectory else { throw failure("it is a folder") }
    guard !DatabaseFile.isDatabase(target.path) else { throw failure(DatabaseFile.refusal) }
    if type == .typeRegular {
      guard let data = files.contents(atPath: target.path), let text = String(data: data, encoding: .utf8) else {
        throw failure("there is a file that can't be read as text; move it away, or name another folder")
      }
      guard text.allSatisfy(\.isWhitespace) || isOurs(text) else {
        throw failure("there is a file that Treeline did not write; move it away, or name another folder")
      }
    }
    var folder = target.deletingLastPathComponent()
    var isFolder: ObjCBool = false
    while !files.fileExists(atPath: folder.path, isDirectory: &isFolder), folder.path != "/" {
      folder.deleteLastPathComponent()
    }
    guard isFolder.boolValue else { throw failure("'\(folder.path)' is no folder") }
    guard files.isWritableFile(atPath: folder.path) else { throw failure("the folder '\(folder.path)' is read-only") }
  }

  private func failure(_ reason: String) -> OutputFileError {
    OutputFileError(option: option, path: path, reason: reason)
  }
}

/// A file that an option names could not be written.
struct OutputFileError: Error, CustomStringConvertible {
  let option: String
  let path: String
  let reason: String

  var description: String { "\(option) \(path): can't write: \(reason)" }
}
