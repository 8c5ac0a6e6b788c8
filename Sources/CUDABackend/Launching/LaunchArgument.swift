/// An argument of a kernel.
public enum LaunchArgument: Hashable, Sendable {
  /// An address of device memory; 0 for none.
  case address(UInt64)
  /// A signed integer of 32 bits.
  case int32(Int)
  /// A signed integer of 64 bits.
  case int64(Int)
  /// A number in single precision.
  case float(Float)

  /// Its type in the table of kernels.
  var kind: KernelTable.Argument.Kind {
    switch self {
    case .address: .address
    case .int32: .int32
    case .int64: .int64
    case .float: .float
    }
  }

  /// Its bytes, as memory has them, in the first of 8.
  var cell: UInt64 {
    switch self {
    case .address(let address): address
    case .int32(let value): UInt64(UInt32(bitPattern: Int32(clamping: value)))
    case .int64(let value): UInt64(bitPattern: Int64(value))
    case .float(let value): UInt64(value.bitPattern)
    }
  }
}
