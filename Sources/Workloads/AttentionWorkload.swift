import Quantities

/// One step of one attention layer: the queries of the last `queryTokens` tokens of each of `batch` sequences against
/// the keys of all `tokens` of it.
///
/// A decode step has one query token; a full prefill has as many as tokens; what is between is a chunk of a prefill, or
/// the draft that speculative decoding verifies.
public struct AttentionWorkload: Hashable, Sendable {
  /// The shape of the layer.
  public var shape: AttentionShape
  /// The number of sequences, b.
  public var batch: Int
  /// The tokens of each sequence, N, those of the queries included.
  public var tokens: Int
  /// The new tokens of each sequence, whose queries are attended in this step: the last of ``tokens``.
  public var queryTokens: Int
  /// Which keys a query sees. With one query token both masks are the same.
  public var mask: AttentionMask
  /// The type of Q, K, V and the output.
  public var type: DataType
  /// The type of the partial results that a reduction carries (numerators, denominators, LSE).
  public var partialType: DataType

  /// Creates a workload.
  ///
  /// - Parameters:
  ///   - shape: The shape of the layer.
  ///   - batch: The number of sequences.
  ///   - tokens: The tokens of each sequence, those of the queries included.
  ///   - queryTokens: The last so many of them are those whose queries are attended; at most `tokens`.
  ///   - mask: Which keys a query sees.
  ///   - type: The type of Q, K, V and the output.
  ///   - partialType: The type of partial results; nil when it is `type`, as the paper's formulas count.
  public init(
    shape: AttentionShape, batch: Int, tokens: Int, queryTokens: Int = 1, mask: AttentionMask = .causal, type: DataType,
    partialType: DataType? = nil
  ) {
    self.shape = shape
    self.batch = batch
    self.tokens = tokens
    self.queryTokens = queryTokens
    self.mask = mask
    self.type = type
    self.partialType = partialType ?? type
  }

  /// The tokens of each rank when `tokens` are dealt out in contiguous blocks as evenly as whole tokens allow: the
  /// first `tokens mod ranks` ranks hold one more than the others.
  ///
  /// - Parameters:
  ///   - rank: The rank, from 0 to `ranks` - 1.
  ///   - ranks: The world size, at least 1.
  public func shard(ofRank rank: Int, of ranks: Int) -> Int {
    tokens / ranks + (rank < tokens % ranks ? 1 : 0)
  }

  /// The places of the query tokens of a sequence.
  public var queries: TokenRuns { TokenRuns(max(0, tokens - queryTokens)..<max(0, tokens)) }

  /// The places of all tokens of a sequence.
  public var keys: TokenRuns { TokenRuns(0..<max(0, tokens)) }

  /// Whether the step makes one token of each sequence.
  public var isDecode: Bool { queryTokens == 1 }

  /// The bytes of the keys of so many tokens, over the batch.
  public func keyBytes(tokens: Int) -> Bytes {
    size(tokens: tokens, elements: shape.keyElementsPerToken, type)
  }

  /// The bytes of the values of so many tokens, over the batch; none when they are a view of the keys.
  public func valueBytes(tokens: Int) -> Bytes {
    size(tokens: tokens, elements: shape.valueElementsPerToken, type)
  }

  /// The bytes of keys and values of so many tokens, over the batch.
  public func cacheBytes(tokens: Int) -> Bytes { keyBytes(tokens: tokens) + valueBytes(tokens: tokens) }

  /// The bytes of the queries of so many tokens, over the batch.
  public func queryBytes(tokens: Int) -> Bytes { size(tokens: tokens, elements: shape.queryElements, type) }

  /// The bytes of the finished output of so many query tokens, over the batch.
  public func outputBytes(tokens: Int) -> Bytes { size(tokens: tokens, elements: shape.outputElements, type) }

  /// The bytes of the partial numerators of so many query tokens, over the batch: as many elements as the output has, in
  /// the partial type.
  public func numeratorBytes(tokens: Int) -> Bytes {
    size(tokens: tokens, elements: shape.outputElements, partialType)
  }

  /// The bytes of one scalar a query head of so many query tokens (an LSE, a maximum or a denominator), over the batch.
  public func scalarBytes(tokens: Int) -> Bytes { size(tokens: tokens, elements: shape.queryHeads, partialType) }

  /// The bytes of all queries.
  public var queryBytes: Bytes { queryBytes(tokens: queryTokens) }

  /// The bytes of the whole finished output.
  public var outputBytes: Bytes { outputBytes(tokens: queryTokens) }

  /// The bytes of the partial numerators of all queries.
  public var numeratorBytes: Bytes { numeratorBytes(tokens: queryTokens) }

  /// The bytes of one scalar a query head of all query tokens.
  public var scalarBytes: Bytes { scalarBytes(tokens: queryTokens) }

  /// The arithmetic of some queries' attention to some keys: 2 for each multiply-add of q·k and of p·v, for each pair of a
  /// query and a key that it sees.
  public func attendFLOPs(queries: TokenRuns, keys: TokenRuns) -> FLOPs {
    attendFLOPs(pairs: mask.pairs(of: queries, with: keys))
  }

  /// The arithmetic of so many pairs of a query and a key that it sees.
  public func attendFLOPs(pairs: Double) -> FLOPs {
    FLOPs(2 * Double(batch) * pairs * Double(shape.queryHeads) * Double(shape.keyDim + shape.valueDim))
  }

  /// The bytes of so many elements of each token of each sequence; a product past the end of ``Bytes`` stops there.
  private func size(tokens: Int, elements: Int, _ type: DataType) -> Bytes {
    Bytes(Int64(type.size)) * elements * batch * tokens
  }
}
