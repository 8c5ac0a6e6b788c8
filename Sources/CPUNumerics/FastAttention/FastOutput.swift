/// What attention gives.
public struct FastOutput: Hashable, Sendable {
  /// The output: for decode batch × query heads × value dim, for prefill batch × query heads × queries × value dim.
  /// Zero for a query that sees no key.
  public let output: [Float]
  /// The log-sum-exp of each query's logits, in the order of ``output``; minus infinity for a query that sees no key.
  public let logSumExps: [Float]
}
