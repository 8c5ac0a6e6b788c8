import Quantities

/// One decode step of one attention layer: `batch` queries against `tokens` cached tokens of each sequence.
public struct DecodeWorkload: Hashable, Sendable {
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
  public func shard(ofRank rank: Int, of ranks: Int) -> Int {
    tokens / ranks + (rank < tokens % ranks ? 1 : 0)
  }

  /// The bytes of the keys of so many tokens, over the batch.
  public func keyBytes(tokens: Int) -> Bytes {
    Bytes(Int64(batch) * Int64(tokens) * Int64(shape.keyElementsPerToken) * Int64(type.size))
  }

  /// The bytes of the values of so many tokens, over the batch; none when they are a view of the keys.
  public func valueBytes(tokens: Int) -> Bytes {
    Bytes(Int64(batch) * Int64(tokens) * Int64(shape.valueElementsPerToken) * Int64(type.size))
  }

  /// The bytes of keys and values of so many tokens, over the batch.
  public func cacheBytes(tokens: Int) -> Bytes { keyBytes(tokens: tokens) + valueBytes(tokens: tokens) }

  /// The bytes of the queries, over the batch.
  public var queryBytes: Bytes { Bytes(Int64(batch) * Int64(shape.queryElements) * Int64(type.size)) }

  /// The bytes of the finished output, over the batch.
  public var outputBytes: Bytes { Bytes(Int64(batch) * Int64(shape.outputElements) * Int64(type.size)) }

  /// The bytes of a partial numerator, over the batch: as many elements as the output, in the partial type.
  public var numeratorBytes: Bytes { Bytes(Int64(batch) * Int64(shape.outputElements) * Int64(partialType.size)) }

  /// The bytes of one scalar a query head (an LSE, a maximum or a denominator), over the batch.
  public var scalarBytes: Bytes { Bytes(Int64(batch) * Int64(shape.queryHeads) * Int64(partialType.size)) }

  /// The arithmetic of attending to so many tokens: 2 for each multiply-add of q·k and of p·v.
  public func attendFLOPs(tokens: Int) -> FLOPs {
    FLOPs(2 * Double(batch) * Double(tokens) * Double(shape.queryHeads) * Double(shape.keyDim + shape.valueDim))
  }
}
