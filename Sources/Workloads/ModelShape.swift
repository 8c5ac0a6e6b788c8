import Quantities

/// A model as far as attention sees it: the shape of a layer, and how many layers there are.
public struct ModelShape: Hashable, Sendable {
  /// The name that the command line uses, such as `llama-3.1-8b`.
  public var name: String
  /// One sentence about the model.
  public var summary: String
  /// The shape of each attention layer.
  public var attention: AttentionShape
  /// The number of layers.
  public var layers: Int
  /// The number of parameters of the whole model; nil when unknown or when there is no whole model.
  public var parameters: Int?
  /// The document that the figures come from.
  public var source: String

  /// Creates a model shape; see the properties for the meaning of each value.
  public init(
    name: String, summary: String = "", attention: AttentionShape, layers: Int, parameters: Int? = nil,
    source: String = ""
  ) {
    self.name = name
    self.summary = summary
    self.attention = attention
    self.layers = layers
    self.parameters = parameters
    self.source = source
  }
}
