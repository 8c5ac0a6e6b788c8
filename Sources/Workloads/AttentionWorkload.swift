import Quantities

/// One decode step of one attention layer: `batch` queries against `tokens` cached tokens of each sequence.
public struct AttentionWorkload: Hashable, Sendable {
  /// The shape of the layer.
  public var shape: AttentionShape
  /// The number of sequences, b.
  public var batch: Int
  /// The cached tokens of each sequence, N.
  public var tokens: Int
  /// The type of Q, K, V and the output.
  public var type: DataType
  /// The type of the partial results that a reduction carries (numerators, denominators, LSE).
  public var partialType: DataType

  /// Creates a workload.
  ///
  /// - Parameters:
  ///   - shape: The shape of the layer.
  ///   - batch: The number of sequences.
  ///   - tokens: The cached tokens of each sequence.
  ///   - type: The type of Q, K, V and the output.
  ///   - partialType: The type of partial results; nil when it is `type`, as the paper's formulas count.
  public init(shape: AttentionShape, batch: Int, tokens: Int, type: DataType, partialType: DataType? = nil) {
    self.shape = shape
    self.batch = batch
    self.tokens = tokens
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

  /// The bytes of the queries, over the batch.
  public var queryBytes: Bytes { size(elements: shape.queryElements, type) }

  /// The bytes of the finished output, over the batch.
  public var outputBytes: Bytes { size(elements: shape.outputElements, type) }

  /// The bytes of a partial numerator, over the batch: as many elements as the output, in the partial type.
  public var numeratorBytes: Bytes { size(elements: shape.outputElements, partialType) }

  /// The bytes of one scalar a query head (an LSE, a maximum or a denominator), over the batch.
  public var scalarBytes: Bytes { size(elements: shape.queryHeads, partialType) }

  /// The arithmetic of attending to so many tokens: 2 for each multiply-add of q·k and of p·v.
  public func attendFLOPs(tokens: Int) -> FLOPs {
    FLOPs(2 * Double(batch) * Double(tokens) * Double(shape.queryHeads) * Double(shape.keyDim + shape.valueDim))
  }

  /// The bytes of so many elements of each token of each sequence; a product past the end of ``Bytes`` stops there.
  private func size(tokens: Int = 1, elements: Int, _ type: DataType) -> Bytes {
    Bytes(Int64(type.size)) * elements * batch * tokens
  }
}
