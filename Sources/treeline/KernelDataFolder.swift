import Configuration
import Foundation
import KernelModels

/// The folder of measured kernel times that `--data` names.
struct KernelDataFolder {
  /// A file as read.
  struct Loaded {
    let file: KernelDataFile
    /// Its name without folders.
    let name: String
    /// The SHA-256 of its text.
    let hash: String
  }

  private let path: String

  init(_ path: String) { self.path = path }

  /// Reads the files of both phases.
  ///
  /// - Throws: ``MissingData`` where one can't be read; `KernelDataError` where it is no such file.
  func read() throws -> [Loaded] {
    try KernelPhase.allCases.map { phase in
      let name = "attention-\(phase.rawValue)-kernels.csv"
      let file = (path as NSString).appendingPathComponent(name)
      let text: String
      do {
        text = try String(contentsOfFile: file, encoding: .utf8)
      } catch {
        throw MissingData(
          description: "--data: found no readable file '\(file)', expected measured times as UTF-8 text")
      }
      return Loaded(
        file: try KernelDataReader.read(text, name: file, phase: phase), name: name, hash: ContentHash.sha256(text))
    }
  }
}

/// A file of measurements that is not there.
struct MissingData: Error, CustomStringConvertible {
  let description: String
}
