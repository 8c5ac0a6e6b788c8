import Quantities

extension NumberFormat {
  /// The bits of the number of the format that is nearest: sign, exponent, significand, from the highest down.
  func bits(of number: Float) -> UInt32 {
    let rounded = round(number)
    let sign: UInt32 = rounded.sign == .minus ? 1 << UInt32(exponentBits + significandBits) : 0
    let topExponent = (UInt32(1) << UInt32(exponentBits) - 1) << UInt32(significandBits)
    if rounded.isNaN {
      // With no infinity in the way only a significand of ones is no number.
      return sign | topExponent | (hasInfinity ? 1 << UInt32(significandBits - 1) : 1 << UInt32(significandBits) - 1)
    }
    if rounded.isInfinite { return sign | topExponent }
    let lowest = 1 - bias
    guard rounded != 0, Int(rounded.exponent) >= lowest else {
      let unit = Double(sign: .plus, exponent: lowest - significandBits, significand: 1)
      return sign | UInt32(abs(Double(rounded)) / unit)
    }
    let exponent = UInt32(Int(rounded.exponent) + bias) << UInt32(significandBits)
    return sign | exponent | rounded.significandBitPattern >> UInt32(23 - significandBits)
  }

  /// The number that some bits stand for, exactly.
  func number(ofBits bits: UInt32) -> Float {
    let sign: Double = bits >> UInt32(exponentBits + significandBits) & 1 == 0 ? 1 : -1
    let ones = UInt32(1) << UInt32(exponentBits) - 1
    let exponent = bits >> UInt32(significandBits) & ones
    let significand = bits & (1 << UInt32(significandBits) - 1)
    if exponent == ones {
      if hasInfinity { return significand == 0 ? Float(sign) * .infinity : .nan }
      if significand == 1 << UInt32(significandBits) - 1 { return .nan }
    }
    let unit = Double(
      sign: .plus, exponent: max(Int(exponent), 1) - bias - significandBits, significand: 1)
    let implicit: UInt32 = exponent == 0 ? 0 : 1 << UInt32(significandBits)
    return Float(sign * Double(significand + implicit) * unit)
  }

  private var bias: Int { 1 << (exponentBits - 1) - 1 }
}

/// Numbers as they lie in a device's memory and travel between devices: each takes its type's bytes, lowest first.
package enum PackedNumbers {
  /// Rounds numbers to a type and packs them.
  package static func pack(_ numbers: some Collection<Float>, as type: DataType) -> [UInt8] {
    let format = NumberFormat(type)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * type.size)
    for number in numbers {
      let bits = type == .fp32 ? number.bitPattern : format.bits(of: number)
      for byte in 0..<type.size { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(8 * byte))) }
    }
    return bytes
  }

  /// The numbers that ``pack(_:as:)`` has packed, exactly.
  package static func unpack(_ bytes: some RandomAccessCollection<UInt8>, as type: DataType) -> [Float] {
    let format = NumberFormat(type)
    return stride(from: 0, to: bytes.count, by: type.size).map { place in
      var bits: UInt32 = 0
      for byte in 0..<type.size {
        bits |= UInt32(bytes[bytes.index(bytes.startIndex, offsetBy: place + byte)]) << UInt32(8 * byte)
      }
      return type == .fp32 ? Float(bitPattern: bits) : format.number(ofBits: bits)
    }
  }
}
