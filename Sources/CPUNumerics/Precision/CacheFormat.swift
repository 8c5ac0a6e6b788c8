import Quantities

/// How queries, keys and values are stored before attention is computed from them.
public enum CacheFormat: Hashable, Sendable, CaseIterable {
  /// Single precision.
  case fp32
  /// bfloat16.
  case bf16
  /// Half precision.
  case fp16
  /// FP8 E4M3, 128 numbers to a single-precision scale.
  case e4m3
  /// FP8 E5M2, 128 numbers to a single-precision scale.
  case e5m2

  /// The name in tables.
  public var name: String {
    switch self {
    case .fp32: "fp32"
    case .bf16: "bf16"
    case .fp16: "fp16"
    case .e4m3: "fp8 e4m3"
    case .e5m2: "fp8 e5m2"
    }
  }

  /// The type that buffers of it have.
  public var type: DataType {
    switch self {
    case .fp32: .fp32
    case .bf16: .bf16
    case .fp16: .fp16
    case .e4m3, .e5m2: .fp8
    }
  }

  /// The type of outputs: that of the numbers, but bf16 beside an fp8 cache, as serving engines have it.
  public var outputType: DataType { type == .fp8 ? .bf16 : type }

  /// The numbers as they come out of storage.
  public func round(_ numbers: [Float]) -> [Float] {
    switch self {
    case .fp32: numbers
    case .bf16: numbers.map { NumberFormat.bf16.round($0) }
    case .fp16: numbers.map { NumberFormat.fp16.round($0) }
    case .e4m3: BlockScaledFormat(.e4m3, blockSize: 128).round(numbers)
    case .e5m2: BlockScaledFormat(.e5m2, blockSize: 128).round(numbers)
    }
  }
}
