import Quantities
import Workloads

/// The queries, keys and values of a prefill step in single precision.
///
/// Shapes, with the last index running fastest: queries batch × query heads × query tokens × key dim; keys batch × KV
/// heads × tokens × key dim; values batch × KV heads × tokens × value dim. The queries are those of the last tokens.
public struct PrefillTensors: Sendable {
  /// The shape of the layer; values that are a view of keys are not read here.
  public let shape: AttentionShape
  /// The sequences.
  public let batch: Int
  /// The query tokens of each sequence.
  public let queryTokens: Int
  /// The tokens of each sequence, those of the queries included.
  public let tokens: Int
  /// The queries.
  public let queries: [Float]
  /// The keys.
  public let keys: [Float]
  /// The values.
  public let values: [Float]

  /// Creates tensors from their numbers.
  ///
  /// Throws when a tensor's number of elements is not what its shape says.
  public init(
    shape: AttentionShape, batch: Int, queryTokens: Int, tokens: Int, queries: [Float], keys: [Float], values: [Float]
  ) throws(FastAttentionError) {
    guard shape.kvHeads > 0, shape.queryHeads > 0, shape.queryHeads % shape.kvHeads == 0 else {
      throw .shape("\(shape.queryHeads) query heads can't share \(shape.kvHeads) KV heads evenly")
    }
    guard shape.keyDim > 0, shape.valueDim > 0, !shape.valuesShareKeys else {
      throw .shape(
        "keys of \(shape.keyDim) and values of \(shape.valueDim) elements: expected at least one of each, and values of "
          + "their own")
    }
    guard queryTokens <= tokens else {
      throw .shape("\(queryTokens) query tokens can't be the last of \(tokens) tokens")
    }
    for (tensor, found, expected) in [
      ("queries", queries.count, batch * queryTokens * shape.queryElements),
      ("keys", keys.count, batch * tokens * shape.keyElementsPerToken),
      ("values", values.count, batch * tokens * shape.valueElementsPerToken),
    ] where found != expected {
      throw .count(tensor: tensor, found: found, expected: expected)
    }
    self.shape = shape
    self.batch = batch
    self.queryTokens = queryTokens
    self.tokens = tokens
    self.queries = queries
    self.keys = keys
    self.values = values
  }
}
