/// The conversion of rates to whole numbers and back.
///
/// A grain is a power of two and so small that the largest rate is about 2¹⁰⁰ of them: whole rates keep all 53 bits of
/// every rate above 2⁻⁴⁷ of the largest, and the sum of 2²⁶ of them fits 128 bits. Unlike sums of `Double`, sums of
/// whole numbers are the same in any order, and taking a rate away undoes adding it.
struct Grains: Sendable {
  /// The logarithm of the number of grains in one unit.
  private let exponent: Int
  private let grain: Double

  /// - Parameter largest: The largest rate to convert, finite and above zero.
  init(largest: Double) {
    exponent = 100 - Int(largest.exponent)
    grain = Double(sign: .plus, exponent: -exponent, significand: 1)
  }

  /// A rate in grains, rounded down but never to none.
  func count(_ rate: Double) -> Int128 {
    let significand = Int128(1 << 52 | rate.significandBitPattern)
    return max(1, significand << Int128(exponent + Int(rate.exponent) - 52))
  }

  /// The rate of a number of grains, rounded to nearest.
  @inline(__always)
  func rate(_ count: Int128) -> Double {
    let high = UInt64(truncatingIfNeeded: count >> 64)
    let low = UInt64(truncatingIfNeeded: count)
    guard high > 0 else { return Double(low) * grain }
    // The low half is shortened to what a Double holds, with its last bit set if any lost bit was, so that only the
    // sum rounds.
    let kept = low >> 11 | (low & 0x7FF == 0 ? 0 : 1)
    return (Double(high) * 0x1p64 + Double(kept) * 0x1p11) * grain
  }
}
