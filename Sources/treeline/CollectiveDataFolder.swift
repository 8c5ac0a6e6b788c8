import CollectiveModels
import Foundation

/// The folder of measured collective times that `--data` names.
struct CollectiveDataFolder {
  /// The files, of which at least one must be there.
  static let names = ["collectives-one-node.csv", "collectives-multi-node.csv"]

  private let path: String

  init(_ path: String) { self.path = path }

  /// Reads the files.
  ///
  /// - Throws: ``MissingData`` where none is there or one can't be read; `CollectiveDataError` where one is no such file.
  func read() throws -> [LoadedFile<CollectiveDataFile>] {
    let files = try Self.names.filter { name in
      FileManager.default.fileExists(atPath: (path as NSString).appendingPathComponent(name))
    }.map { name in
      try LoadedFile(name, in: path) { text, name in try CollectiveDataReader.read(text, name: name) }
    }
    guard !files.isEmpty else {
      throw MissingData(
        description:
          "--data: found neither \(Self.names.joined(separator: " nor ")) in '\(path)', expected at least one")
    }
    return files
  }
}
