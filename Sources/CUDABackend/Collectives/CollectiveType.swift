import CPUNumerics
import Quantities

/// A type of the elements of a collective.
public enum CollectiveType: String, Hashable, Sendable, CaseIterable {
  case fp64, fp32, fp16, bf16, int32, int8

  /// The bytes of an element.
  public var byteCount: Int {
    switch self {
    case .fp64: 8
    case .fp32, .int32: 4
    case .fp16, .bf16: 2
    case .int8: 1
    }
  }

  /// ncclDataType_t of nccl.h.
  var number: CInt {
    switch self {
    case .int8: 0
    case .int32: 2
    case .fp16: 6
    case .fp32: 7
    case .fp64: 8
    case .bf16: 9
    }
  }

  /// The largest whole number up to which it holds all of them.
  var exactLimit: Int {
    switch self {
    case .fp64: 1 << 53
    case .fp32: 1 << 24
    case .fp16: 1 << 11
    case .bf16: 1 << 8
    case .int32: Int(Int32.max)
    case .int8: Int(Int8.max)
    }
  }

  /// The bits of a whole number from 0 to ``exactLimit``, in the lowest bytes.
  func bits(_ number: Int) -> UInt64 {
    switch self {
    case .fp64: Double(number).bitPattern
    case .fp32: UInt64(Float(number).bitPattern)
    case .fp16: UInt64(CacheElements.halfBits(Float(number)))
    case .bf16: UInt64(Float(number).bitPattern >> 16)
    case .int32, .int8: UInt64(number)
    }
  }
}
