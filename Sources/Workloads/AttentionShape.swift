import Quantities

/// The shape of one attention layer: heads, head dims, and what a token leaves in the KV cache.
public struct AttentionShape: Hashable, Sendable {
  /// The number of query heads, n_h.
  public var queryHeads: Int
  /// The number of KV heads; query heads share them in groups of ``queryHeads`` / ``kvHeads``.
  public var kvHeads: Int
  /// The length of a query and of a key, per head.
  public var keyDim: Int
  /// The length of a value and of an output, per head.
  public var valueDim: Int
  /// Whether values are a view of the keys' memory, as in MLA's latent cache, where one latent vector of `valueDim`
  /// elements and a rotary part together are the key, and the latent vector alone is the value.
  public var valuesShareKeys: Bool

  /// Creates a shape.
  ///
  /// - Parameters:
  ///   - queryHeads: The number of query heads.
  ///   - kvHeads: The number of KV heads; divides `queryHeads`.
  ///   - keyDim: The length of a query and of a key, per head.
  ///   - valueDim: The length of a value, per head; nil when it is that of a key.
  ///   - valuesShareKeys: Whether values are a view of the keys' memory.
  public init(queryHeads: Int, kvHeads: Int, keyDim: Int, valueDim: Int? = nil, valuesShareKeys: Bool = false) {
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.keyDim = keyDim
    self.valueDim = valueDim ?? keyDim
    self.valuesShareKeys = valuesShareKeys
  }

  /// The shape of multi-head latent attention in its absorbed form: one KV head whose key is the latent vector and a
  /// rotary part, and whose value is the latent vector (DeepSeek-V2, arXiv 2405.04434, section 2.1).
  ///
  /// - Parameters:
  ///   - queryHeads: The number of query heads.
  ///   - latentDim: The length of the latent vector, d_c.
  ///   - rotaryDim: The length of the rotary part, d_h^R.
  public static func latent(queryHeads: Int, latentDim: Int, rotaryDim: Int) -> AttentionShape {
    AttentionShape(
      queryHeads: queryHeads, kvHeads: 1, keyDim: latentDim + rotaryDim, valueDim: latentDim, valuesShareKeys: true)
  }

  /// The elements of the keys of one token of one sequence.
  public var keyElementsPerToken: Int { kvHeads * keyDim }

  /// The elements of the values of one token of one sequence that are stored apart from the keys.
  public var valueElementsPerToken: Int { valuesShareKeys ? 0 : kvHeads * valueDim }

  /// The elements that one token of one sequence leaves in the KV cache.
  public var cacheElementsPerToken: Int { keyElementsPerToken + valueElementsPerToken }

  /// The elements of the queries of one sequence.
  public var queryElements: Int { queryHeads * keyDim }

  /// The elements of the output of one sequence; the paper's d = n_h·d_h.
  public var outputElements: Int { queryHeads * valueDim }

  /// The same layer with K and V repeated to one KV head a query head, as the paper's code does before the ring.
  public var expanded: AttentionShape {
    AttentionShape(
      queryHeads: queryHeads, kvHeads: queryHeads, keyDim: keyDim, valueDim: valueDim, valuesShareKeys: false)
  }
}
