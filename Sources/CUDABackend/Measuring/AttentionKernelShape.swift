import Quantities
import Workloads

/// The sizes of attention that is measured on a device.
public struct AttentionKernelShape: Hashable, Sendable {
  /// The query heads, a multiple of the KV heads.
  public var queryHeads: Int
  /// The KV heads.
  public var kvHeads: Int
  /// The elements of a query, a key and a value.
  public var dim: Int
  /// The sequences.
  public var batch: Int
  /// The cached tokens of each.
  public var tokens: Int
  /// What queries, keys and values are stored as: bf16 or fp16.
  public var type: DataType

  /// Creates a shape; see the properties.
  public init(queryHeads: Int, kvHeads: Int, dim: Int, batch: Int, tokens: Int, type: DataType) {
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.dim = dim
    self.batch = batch
    self.tokens = tokens
    self.type = type
  }

  /// Query heads to a KV head.
  var group: Int { queryHeads / kvHeads }

  /// As in `bf16, 32 heads on 8, dim 128, batch 1, 16384 tokens`.
  var label: String {
    "\(type.rawValue), \(queryHeads) heads on \(kvHeads), dim \(dim), batch \(batch), \(tokens) tokens"
  }

  /// The sizes in a canonical text.
  var options: String {
    "type=\(type.rawValue) heads=\(queryHeads) kv-heads=\(kvHeads) head-dim=\(dim) batch=\(batch) tokens=\(tokens)"
  }

  /// The workload that draws keys and values.
  var workload: AttentionWorkload {
    AttentionWorkload(
      shape: AttentionShape(queryHeads: queryHeads, kvHeads: kvHeads, keyDim: dim), batch: batch, tokens: tokens,
      type: type)
  }
}
