import Configuration
import Foundation

/// Machine code that was compiled before, in a folder: two files a compilation, named after a hash of all that it was made
/// from. What is damaged counts as not there.
public struct KernelCache: Sendable {
  /// The folder; nil for no cache.
  public let folder: String?

  /// Creates a cache.
  public init(folder: String?) {
    self.folder = folder
  }

  private struct Label: Codable {
    let source: String
    let architecture: String
    let compiler: String
    let sha256: String
    let log: String
  }

  /// The machine code and the log of a compilation; nil where they are not there or damaged.
  func load(_ key: String) -> NVRTCLibrary.Output? {
    guard let folder, let data = FileManager.default.contents(atPath: "\(folder)/\(key).json"),
      let label = try? JSONDecoder().decode(Label.self, from: data),
      let code = FileManager.default.contents(atPath: "\(folder)/\(key).cubin"),
      ContentHash.sha256([UInt8](code)) == label.sha256
    else { return nil }
    return NVRTCLibrary.Output(code: [UInt8](code), log: label.log)
  }

  /// Keeps a compilation. The label comes last and both files whole, so that one that was broken off is none.
  ///
  /// - Throws: ``KernelCacheError``.
  func save(
    _ output: NVRTCLibrary.Output, _ key: String, source: String, architecture: String, compiler: String
  ) throws(KernelCacheError) {
    guard let folder else { return }
    let label = Label(
      source: source, architecture: architecture, compiler: compiler, sha256: ContentHash.sha256(output.code),
      log: output.log)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(output.code).write(to: URL(fileURLWithPath: "\(folder)/\(key).cubin"), options: .atomic)
      try JSONEncoder().encode(label).write(to: URL(fileURLWithPath: "\(folder)/\(key).json"), options: .atomic)
    } catch {
      throw KernelCacheError(folder: folder, reason: error.localizedDescription)
    }
  }
}

/// Machine code could not be kept.
public struct KernelCacheError: Error, Hashable, Sendable, CustomStringConvertible {
  let folder: String
  let reason: String

  /// What was to be written where.
  public var description: String { "--cache \(folder): can't write: \(reason)" }
}
