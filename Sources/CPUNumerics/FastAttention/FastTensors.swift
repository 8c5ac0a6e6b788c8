import Quantities
import RealModule
import Workloads

/// The queries, keys and values of one decode step for ``FastDecode``: queries in single precision, keys and values as a
/// cache stores them.
///
/// Shapes are those of ``AttentionTensors``.
public struct FastTensors: Sendable {
  /// The shapes.
  public let workload: AttentionWorkload
  /// The queries.
  public let queries: [Float]
  /// The keys.
  public let keys: CacheElements
  /// The values; empty where they are a view of the keys.
  public let values: CacheElements

  /// Creates tensors from their numbers.
  ///
  /// Throws when a tensor's number of elements is not what its shape says, or the formats differ.
  public init(
    workload: AttentionWorkload, queries: [Float], keys: CacheElements, values: CacheElements
  ) throws(FastAttentionError) {
    let shape = workload.shape
    guard shape.kvHeads > 0, shape.queryHeads > 0, shape.queryHeads % shape.kvHeads == 0 else {
      throw .shape("\(shape.queryHeads) query heads can't share \(shape.kvHeads) KV heads evenly")
    }
    guard shape.keyDim > 0, shape.valueDim > 0, !shape.valuesShareKeys || shape.valueDim <= shape.keyDim else {
      throw .shape("keys of \(shape.keyDim) and values of \(shape.valueDim) elements: expected at least one of each")
    }
    guard keys.kernelType == values.kernelType || shape.valuesShareKeys else { throw .mixedFormats }
    let tokens = workload.batch * workload.tokens
    for (tensor, found, expected) in [
      ("queries", queries.count, workload.batch * shape.queryElements),
      ("keys", keys.count, tokens * shape.keyElementsPerToken),
      ("values", values.count, tokens * shape.valueElementsPerToken),
    ] where found != expected {
      throw .count(tensor: tensor, found: found, expected: expected)
    }
    self.workload = workload
    self.queries = queries
    self.keys = keys
    self.values = values
  }

  /// Rounds keys and values to a type.
  public init(_ tensors: AttentionTensors<Float>, as type: DataType) throws(FastAttentionError) {
    try self.init(
      workload: tensors.workload, queries: tensors.queries, keys: CacheElements(tensors.keys, as: type),
      values: CacheElements(tensors.values, as: type))
  }

  /// The same numbers, keys and values as they were rounded.
  public var widened: AttentionTensors<Float> {
    AttentionTensors(workload: workload, queries: queries, keys: keys.numbers, values: values.numbers)
  }
}
