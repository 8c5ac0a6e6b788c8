import RealModule

/// A standard normal number made of two hashes, by the transform of Box and Muller (1958): `radius * cosine`.
public struct StandardNormal: Hashable, Sendable {
  /// The distance from the origin of a point with two independent standard normal coordinates.
  public let radius: Double
  /// The cosine of its direction.
  public let cosine: Double

  /// Makes the number that belongs to two independent hashes.
  public init(_ bits: UInt64, _ other: UInt64) {
    radius = (-2 * Double.log(1 - Self.unit(bits))).squareRoot()
    cosine = Double.cos(2 * .pi * Self.unit(other))
  }

  /// The number.
  public var value: Double { radius * cosine }

  /// The number below which a standard normal one falls with a probability: the inverse of its distribution function, by
  /// bisection to the last bit but few.
  ///
  /// - Parameter probability: From 0 to 1; the ends give the numbers beyond which no sum of this precision sees anything.
  public static func quantile(_ probability: Double) -> Double {
    var (low, high) = (-9.0, 9.0)
    for _ in 0..<64 {
      let middle = (low + high) / 2
      // Φ(x) = erfc(-x/√2) / 2.
      if Double.erfc(-middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// A number from 0 up to but not 1, of the upper 53 bits.
  static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}
