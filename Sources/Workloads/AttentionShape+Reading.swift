import Configuration
import Quantities

extension AttentionShape {
  /// The most heads, and the longest head, that a file may ask for: far above any model, and far below any overflow.
  private static let sizes = 1...65_536

  /// Reads the shape of a layer from its mapping.
  ///
  /// The kinds are `gqa`, the default, with `heads`, `kv-heads` and `head-dim`; and `mla`, with `heads`, `latent-dim`
  /// and `rope-dim`.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(reading field: Field) throws(ConfigurationError) {
    let kind = try field.mapping().optional("kind")?.name(among: ["gqa", "mla"], noun: "kind of attention")
    if kind == "mla" {
      let mapping = try field.mapping(allowed: ["kind", "heads", "latent-dim", "rope-dim"])
      self = .latent(
        queryHeads: try mapping.required("heads").integer(in: Self.sizes),
        latentDim: try mapping.required("latent-dim").integer(in: Self.sizes),
        rotaryDim: try mapping.required("rope-dim").integer(in: 0...Self.sizes.upperBound))
      return
    }
    let mapping = try field.mapping(allowed: ["kind", "heads", "kv-heads", "head-dim"])
    let heads = try mapping.required("heads").integer(in: Self.sizes)
    let kvField = try mapping.required("kv-heads")
    let kvHeads = try kvField.integer(in: Self.sizes)
    guard heads.isMultiple(of: kvHeads) else {
      throw kvField.error(
        "found \(kvHeads), expected a divisor of the \(heads) heads, which share KV heads in equal groups")
    }
    self.init(
      queryHeads: heads, kvHeads: kvHeads, keyDim: try mapping.required("head-dim").integer(in: Self.sizes))
  }
}
