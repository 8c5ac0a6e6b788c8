import Configuration
import KernelModels

/// A calibrated kernel model with the text that it was read from.
public struct ResolvedKernelProfile: Sendable {
  /// The model.
  public let profile: KernelProfile
  /// What it is called.
  public let name: String
  /// The text.
  public let text: String
  /// The hash of the text.
  public let hash: String

  /// Loads a model by name or path.
  ///
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it is wrong.
  public init(_ nameOrPath: String, from library: InputLibrary) throws {
    try self.init(document: try library.calibrations.load(nameOrPath), name: nameOrPath)
  }

  /// Reads a model.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document, name: String) throws(ConfigurationError) {
    profile = try KernelProfile(document: document)
    self.name = name
    text = try document.canonicalText()
    hash = ContentHash.sha256(text)
  }
}
