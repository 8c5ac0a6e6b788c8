import Attention
import Quantities
import Workloads

/// One point of a study of precision: how attention is stored, shared out and put together again.
public struct PrecisionCase: Hashable, Sendable {
  /// The order in which the ranks' parts are combined.
  public enum Order: String, Sendable, Hashable, CaseIterable {
    /// Ring decoding: a chain of p folds into a running state.
    case ring
    /// Tree decoding over a binary tree: ⌈log₂ p⌉ levels of sums.
    case tree
    /// Tree decoding whose every rank sums all parts itself, one after another.
    case oneShot = "one-shot"

    /// The algorithm whose program combines in this order.
    var algorithm: any AttentionAlgorithm {
      switch self {
      case .ring: RingAttention()
      case .tree: TreeAttention(fusion: .three, collective: .binaryTree)
      case .oneShot: TreeAttention(fusion: .three, collective: .oneShot)
      }
    }
  }

  /// The order of the parts.
  public var order: Order
  /// The number of ranks.
  public var ranks: Int
  /// The number of cached tokens.
  public var tokens: Int
  /// How queries, keys and values are stored.
  public var format: CacheFormat
  /// The type of partial results; fp32 is "fp32 accumulation".
  public var partialType: DataType
  /// Chooses the numbers.
  public var seed: UInt64

  /// Creates a case; see the properties for the meaning of each value.
  public init(order: Order, ranks: Int, tokens: Int, format: CacheFormat, partialType: DataType, seed: UInt64) {
    self.order = order
    self.ranks = ranks
    self.tokens = tokens
    self.format = format
    self.partialType = partialType
    self.seed = seed
  }

  /// The type of partial results as a device has them where it does not accumulate in fp32: fp8 has bf16 for them.
  public static func narrow(_ format: CacheFormat) -> DataType {
    format.outputType
  }
}
