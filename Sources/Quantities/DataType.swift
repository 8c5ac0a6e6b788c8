/// The type of the elements of a tensor.
public enum DataType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary32, 4 bytes.
  case fp32
  /// bfloat16, 2 bytes.
  case bf16
  /// IEEE 754 binary16, 2 bytes.
  case fp16
  /// An 8-bit floating-point type (e4m3 or e5m2), 1 byte.
  case fp8

  /// The size of one element in bytes.
  public var size: Int {
    switch self {
    case .fp32: 4
    case .bf16, .fp16: 2
    case .fp8: 1
    }
  }
}
