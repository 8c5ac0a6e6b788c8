import Quantities

/// A binary floating-point format, and rounding to it: to nearest, ties to even, as hardware does.
public struct NumberFormat: Hashable, Sendable {
  /// The bits of the exponent.
  public let exponentBits: Int
  /// The stored bits of the significand.
  public let significandBits: Int
  /// The largest finite number.
  public let largest: Float
  /// Whether numbers past the largest become infinite; formats without infinities give NaN.
  public let hasInfinity: Bool

  /// IEEE 754 single precision.
  public static let fp32 = NumberFormat(
    exponentBits: 8, significandBits: 23, largest: .greatestFiniteMagnitude, hasInfinity: true)
  /// bfloat16: the upper half of a single.
  public static let bf16 = NumberFormat(
    exponentBits: 8, significandBits: 7, largest: 0x1.FEp127, hasInfinity: true)
  /// IEEE 754 half precision.
  public static let fp16 = NumberFormat(exponentBits: 5, significandBits: 10, largest: 65504, hasInfinity: true)
  /// FP8 E4M3 without infinities (Micikevicius et al., FP8 Formats for Deep Learning, arXiv 2209.05433).
  public static let e4m3 = NumberFormat(exponentBits: 4, significandBits: 3, largest: 448, hasInfinity: false)
  /// FP8 E5M2 (the same paper).
  public static let e5m2 = NumberFormat(exponentBits: 5, significandBits: 2, largest: 57344, hasInfinity: true)

  private init(exponentBits: Int, significandBits: Int, largest: Float, hasInfinity: Bool) {
    self.exponentBits = exponentBits
    self.significandBits = significandBits
    self.largest = largest
    self.hasInfinity = hasInfinity
  }

  /// The format of a data type; fp8 is E4M3, as KV caches have it.
  public init(_ type: DataType) {
    self =
      switch type {
      case .fp32: .fp32
      case .bf16: .bf16
      case .fp16: .fp16
      case .fp8: .e4m3
      }
  }

  /// The number of the format that is nearest; of two equally near ones that with an even last bit.
  ///
  /// Numbers too small for the format's normal ones are rounded to its subnormal ones. What rounds past the largest
  /// number becomes infinite, or NaN in a format without infinities; NaN stays NaN.
  public func round(_ number: Float) -> Float {
    guard significandBits < 23, number.isFinite, number != 0 else {
      return number.isInfinite && !hasInfinity ? .nan : number
    }
    let lowest = 2 - (1 << (exponentBits - 1))
    let exponent = max(Int(number.exponent), lowest)
    // Exact: a power of two that makes the last bit of the format the unit.
    let unit = Float(sign: .plus, exponent: exponent - significandBits, significand: 1)
    let rounded = unit.isNormal ? (number / unit).rounded(.toNearestOrEven) * unit : roundTiny(number, exponent)
    guard abs(rounded) > largest else { return rounded }
    return hasInfinity ? (number < 0 ? -.infinity : .infinity) : .nan
  }

  /// The same in double precision, where the unit is below the normal numbers of single precision.
  private func roundTiny(_ number: Float, _ exponent: Int) -> Float {
    let unit = Double(sign: .plus, exponent: exponent - significandBits, significand: 1)
    return Float((Double(number) / unit).rounded(.toNearestOrEven) * unit)
  }
}
