import Quantities
import Workloads

/// The sizes of attention that is measured on a device.
public struct AttentionKernelShape: Hashable, Sendable {
  /// The query heads, a multiple of the KV heads.
  public var queryHeads: Int
  /// The KV heads; 1 over a latent cache.
  public var kvHeads: Int
  /// The elements of a query and a key: over a latent cache those of the latent vector and of the rotary part.
  public var dim: Int
  /// The elements of the latent vector, which is the value and the start of the key; nil where values lie apart.
  public var latentDim: Int?
  /// The sequences.
  public var batch: Int
  /// The cached tokens of each.
  public var tokens: Int
  /// What keys and values are stored as: bf16, fp16, or fp8 for E4M3 with scales, beside queries of bf16.
  public var type: DataType

  /// Creates a shape; see the properties.
  public init(
    queryHeads: Int, kvHeads: Int, dim: Int, latentDim: Int? = nil, batch: Int, tokens: Int, type: DataType
  ) {
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.dim = dim
    self.latentDim = latentDim
    self.batch = batch
    self.tokens = tokens
    self.type = type
  }

  /// Query heads to a KV head.
  var group: Int { queryHeads / kvHeads }

  /// The elements of a value.
  var valueDim: Int { latentDim ?? dim }

  /// What the kernels call the type of the cache.
  var typeName: String { type == .fp8 ? "e4m3" : type.rawValue }

  /// As in `bf16, 32 heads on 8, dim 128, batch 1, 16384 tokens`.
  var label: String {
    let heads =
      latentDim.map { "\(queryHeads) heads, latent \($0) + \(dim - $0)" }
      ?? "\(queryHeads) heads on \(kvHeads), dim \(dim)"
    return "\(typeName), \(heads), batch \(batch), \(tokens) tokens"
  }

  /// The sizes in a canonical text.
  var options: String {
    let dims = latentDim.map { "latent-dim=\($0) rope-dim=\(dim - $0)" } ?? "head-dim=\(dim)"
    return "type=\(typeName) heads=\(queryHeads) kv-heads=\(kvHeads) \(dims) batch=\(batch) tokens=\(tokens)"
  }

  /// The workload that draws keys and values.
  var workload: AttentionWorkload {
    let shape =
      latentDim.map { AttentionShape.latent(queryHeads: queryHeads, latentDim: $0, rotaryDim: dim - $0) }
      ?? AttentionShape(queryHeads: queryHeads, kvHeads: kvHeads, keyDim: dim)
    return AttentionWorkload(shape: shape, batch: batch, tokens: tokens, type: type)
  }
}
