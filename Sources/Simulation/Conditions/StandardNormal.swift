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

  /// A number from 0 up to but not 1, of the upper 53 bits.
  static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}
