import Configuration
import Quantities

extension ModelShape {
  /// Reads a model from a file of its own.
  ///
  ///     name: llama-3.1-8b
  ///     description: Llama 3.1 8B
  ///     attention: {heads: 32, kv-heads: 8, head-dim: 128}
  ///     layers: 32
  ///     parameters: 8.03B
  ///
  /// Multi-head latent attention is written `attention: {kind: mla, heads: 128, latent-dim: 512, rope-dim: 64}`, and
  /// becomes ``AttentionShape/latent(queryHeads:latentDim:rotaryDim:)``.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document) throws(ConfigurationError) {
    let mapping = try document.root.mapping(allowed: [
      "name", "description", "attention", "layers", "parameters", "source",
    ])
    let parameters: Int?
    if let field = mapping.optional("parameters") {
      parameters = try field.quantity(in: ParameterCount.range).count
    } else {
      parameters = nil
    }
    self.init(
      name: try mapping.required("name").string(),
      summary: try mapping.string("description", default: ""),
      attention: try AttentionShape(reading: try mapping.required("attention")),
      layers: try mapping.required("layers").integer(in: 1...100_000),
      parameters: parameters,
      source: try mapping.string("source", default: ""))
  }
}
