import CAttention
import Quantities

/// Keys or values as a KV cache stores them.
public enum CacheElements: Hashable, Sendable {
  /// Single precision.
  case fp32([Float])
  /// The bits of bfloat16 numbers.
  case bf16([UInt16])
  /// The bits of IEEE 754 half-precision numbers.
  case fp16([UInt16])

  /// Rounds numbers to a type, to nearest with ties to even.
  ///
  /// - Parameters:
  ///   - numbers: The numbers.
  ///   - type: What they are stored as; ``FastAttentionError/type(_:)`` for one that the loops don't read.
  public init(_ numbers: [Float], as type: DataType) throws(FastAttentionError) {
    switch type {
    case .fp32: self = .fp32(numbers)
    case .bf16: self = .bf16(numbers.map { UInt16(truncatingIfNeeded: NumberFormat.bf16.round($0).bitPattern >> 16) })
    case .fp16: self = .fp16(numbers.map { Self.halfBits(NumberFormat.fp16.round($0)) })
    case .fp8: throw .type(type)
    }
  }

  /// How many there are.
  public var count: Int {
    switch self {
    case .fp32(let numbers): numbers.count
    case .bf16(let bits), .fp16(let bits): bits.count
    }
  }

  /// The bytes that they take.
  public var byteCount: Int { count * elementSize }

  /// The numbers, exactly.
  public var numbers: [Float] {
    switch self {
    case .fp32(let numbers): numbers
    case .bf16(let bits): bits.map { Float(bitPattern: UInt32($0) << 16) }
    case .fp16(let bits): bits.map { Self.number(ofHalf: $0) }
    }
  }

  /// The bytes of one.
  var elementSize: Int { if case .fp32 = self { 4 } else { 2 } }

  /// What the loops in C call the format.
  var kernelType: Int32 {
    switch self {
    case .fp32: Int32(treeline_fp32)
    case .bf16: Int32(treeline_bf16)
    case .fp16: Int32(treeline_fp16)
    }
  }

  /// The bytes where they lie.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch self {
    case .fp32(let numbers): try numbers.withUnsafeBytes(body)
    case .bf16(let bits), .fp16(let bits): try bits.withUnsafeBytes(body)
    }
  }

  /// The bits of a number that fp16 has.
  public static func halfBits(_ number: Float) -> UInt16 {
    let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
    if number.isNaN { return sign | 0x7E00 }
    if number.isInfinite { return sign | 0x7C00 }
    let magnitude = abs(number)
    if magnitude < 0x1p-14 { return sign | UInt16(magnitude * 0x1p24) }
    // The exponent's bias is 15 in place of 127, and 13 bits fewer follow it.
    return sign | UInt16(truncatingIfNeeded: (magnitude.bitPattern >> 13) - (112 << 10))
  }

  private static func number(ofHalf bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let significand = Float(bits & 0x3FF)
    switch exponent {
    case 0: return sign * significand * 0x1p-24
    case 0x1F: return significand == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 25, significand: 1) * (significand + 1024)
    }
  }
}
