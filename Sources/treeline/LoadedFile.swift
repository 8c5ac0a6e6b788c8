import Configuration
import Fitting
import Foundation

/// A file of measurements as read.
struct LoadedFile<Contents: MeasuredRows> {
  /// What it holds.
  let file: Contents
  /// Its name without folders.
  let name: String
  /// The SHA-256 of its text.
  let hash: String
}

extension LoadedFile {
  /// Reads a file of a folder that `--data` names.
  ///
  /// - Parameters:
  ///   - name: Its name without folders.
  ///   - folder: The folder.
  ///   - read: Reads its text, given its path for messages.
  /// - Throws: ``MissingData`` where it can't be read; what `read` throws.
  init(_ name: String, in folder: String, _ read: (String, String) throws -> Contents) throws {
    let path = (folder as NSString).appendingPathComponent(name)
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw MissingData(
        description: "--data: found no readable file '\(path)', expected measured times as UTF-8 text")
    }
    self.init(file: try read(text, path), name: name, hash: ContentHash.sha256(text))
  }
}

/// A file of measurements that is not there.
struct MissingData: Error, CustomStringConvertible {
  let description: String
}
