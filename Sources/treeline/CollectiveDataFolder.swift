import CollectiveModels
import Configuration
import Foundation

/// The folder of measured collective times that `--data` names.
struct CollectiveDataFolder {
  /// A file as read.
  struct Loaded {
    let file: CollectiveDataFile
    /// Its name without folders.
    let name: String
    /// The SHA-256 of its text.
    let hash: String
  }

  /// The files, of which at least one must be there.
  static let names = ["collectives-one-node.csv", "collectives-multi-node.csv"]

  private let path: String

  init(_ path: String) { self.path = path }

  /// Reads the files.
  ///
  /// - Throws: ``MissingData`` where none is there or one can't be read; `CollectiveDataError` where one is no such file.
  func read() throws -> [Loaded] {
    let files = try Self.names.compactMap { name -> Loaded? in
      let file = (path as NSString).appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file) else { return nil }
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw MissingData(
          description: "--data: found no readable file '\(file)', expected measured times as UTF-8 text")
      }
      return Loaded(
        file: try CollectiveDataReader.read(text, name: file), name: name, hash: ContentHash.sha256(text))
    }
    guard !files.isEmpty else {
      throw MissingData(
        description:
          "--data: found neither \(Self.names.joined(separator: " nor ")) in '\(path)', expected at least one")
    }
    return files
  }
}
