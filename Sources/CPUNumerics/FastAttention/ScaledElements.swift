/// Keys or values as an 8-bit cache stores them: E4M3, 128 numbers to a single-precision scale, counted from the first.
///
/// They stand for the products of number and scale, as ``BlockScaledFormat`` rounds: every block's largest magnitude becomes
/// 448, and the scale of a block of zeros is 1.
public struct ScaledElements: Hashable, Sendable {
  /// How many numbers share a scale.
  public static let blockSize = 128

  /// The bits of the numbers: sign, 4 bits of the exponent, 3 of the significand.
  public let codes: [UInt8]
  /// The scale of each block; the last may be of fewer numbers.
  public let scales: [Float]

  /// Rounds finite numbers, to nearest with ties to even.
  public init(_ numbers: [Float]) {
    let format = BlockScaledFormat(.e4m3, blockSize: Self.blockSize)
    var codes = [UInt8](repeating: 0, count: numbers.count)
    var scales: [Float] = []
    for start in stride(from: 0, to: numbers.count, by: Self.blockSize) {
      let block = start..<min(start + Self.blockSize, numbers.count)
      let largest = numbers[block].reduce(Float(0)) { max($0, abs($1)) }
      let scale = largest > 0 ? format.scale(ofLargest: largest) : 1
      scales.append(scale)
      for place in block { codes[place] = Self.code(NumberFormat.e4m3.round(numbers[place] / scale)) }
    }
    (self.codes, self.scales) = (codes, scales)
  }

  /// The bytes that numbers and scales take.
  public var byteCount: Int { codes.count + scales.count * 4 }

  /// The smallest scale; 1 where there is none.
  public var smallestScale: Float { scales.min() ?? 1 }

  /// What is stored, times its scale, exactly.
  public func numbers(_ range: Range<Int>) -> [Double] {
    range.map { Double(Self.number(codes[$0])) * Double(scales[$0 / Self.blockSize]) }
  }

  /// The bits of a number that E4M3 has.
  static func code(_ number: Float) -> UInt8 {
    let sign: UInt8 = number.sign == .minus ? 0x80 : 0
    guard number.isFinite else { return sign | 0x7F }
    let magnitude = abs(number)
    if magnitude < 0x1p-6 { return sign | UInt8(magnitude * 0x1p9) }
    // The exponent's bias is 7 in place of 127, and 20 bits fewer follow it.
    return sign | UInt8(truncatingIfNeeded: (magnitude.bitPattern >> 20) - (120 << 3))
  }

  /// The number that bits stand for.
  static func number(_ code: UInt8) -> Float {
    let sign: Float = code & 0x80 == 0 ? 1 : -1
    let exponent = Int(code >> 3 & 0xF)
    let significand = Float(code & 7)
    if code & 0x7F == 0x7F { return .nan }
    return exponent == 0
      ? sign * significand * 0x1p-9 : sign * Float(sign: .plus, exponent: exponent - 10, significand: 8 + significand)
  }
}
