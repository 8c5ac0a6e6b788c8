import Configuration
import Quantities
import Workloads

/// A model with every override applied, and its text, which alone rebuilds it.
public struct ResolvedModel: Sendable {
  /// The model.
  public let model: ModelShape
  /// The canonical text.
  public let text: String
  /// The hash of the text.
  public let hash: String

  /// Loads a model by name or path.
  ///
  /// - Parameters:
  ///   - nameOrPath: The name of a model file or its path.
  ///   - library: Where names are looked up.
  ///   - overrides: The changes to apply; those of the topology are passed over.
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it is wrong.
  public init(_ nameOrPath: String, from library: InputLibrary, overrides: [Override] = []) throws {
    try self.init(document: try library.models.load(nameOrPath), overrides: overrides)
  }

  /// Describes a model by its numbers alone.
  ///
  /// - Parameters:
  ///   - heads: The number of query heads.
  ///   - kvHeads: The number of KV heads.
  ///   - headDim: The head dim.
  ///   - layers: The number of layers.
  ///   - overrides: The changes to apply.
  /// - Throws: ``ConfigurationError`` when a number is out of range or the heads don't divide.
  public init(heads: Int, kvHeads: Int, headDim: Int, layers: Int, overrides: [Override] = []) throws {
    let yaml = """
      name: \(heads)x\(headDim)
      description: \(heads) query heads, \(kvHeads) KV heads, head dim \(headDim), \(layers) layers
      attention: {heads: \(heads), kv-heads: \(kvHeads), head-dim: \(headDim)}
      layers: \(layers)
      """
    do {
      try self.init(document: try Document(yaml: yaml, file: Self.freeFormFile), overrides: overrides)
    } catch let error as ConfigurationError where error.file == Self.freeFormFile {
      // The text has no file, so its lines and fields mean nothing to who wrote the options.
      throw ConfigurationError(file: Self.options[error.path] ?? error.path, message: error.message)
    }
  }

  /// Takes a model from its document as it is, such as one that was stored.
  ///
  /// - Throws: ``ConfigurationError`` when it is wrong.
  public init(document: Document) throws {
    try self.init(document: document, overrides: [])
  }

  private static let freeFormFile = "--heads"
  private static let options = [
    "attention.heads": "--heads", "attention.kv-heads": "--kv-heads", "attention.head-dim": "--head-dim",
    "layers": "--layers",
  ]

  /// Builds a model from a document.
  ///
  /// - Parameters:
  ///   - document: The model's file.
  ///   - overrides: The changes to apply.
  /// - Throws: ``ConfigurationError`` when it is wrong.
  public init(document: Document, overrides: [Override] = []) throws {
    var document = document
    let changes = overrides.filter { $0.target == .model }
    for change in changes { try change.apply(to: &document) }
    do {
      model = try ModelShape(document: document)
    } catch {
      throw Override.blame(error, among: changes)
    }
    text = try document.canonicalText()
    hash = ContentHash.sha256(text)
  }
}
