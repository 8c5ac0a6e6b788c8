/// A rate of data, per direction where it belongs to a link.
public struct BytesPerSecond: Quantity {
  /// The rate in bytes a second.
  public var bytesPerSecond: Double

  /// Creates a quantity.
  ///
  /// - Parameter bytesPerSecond: The rate in bytes a second.
  @inlinable
  public init(_ bytesPerSecond: Double) {
    self.bytesPerSecond = bytesPerSecond
  }

  /// Creates a quantity from a number of base units; always succeeds.
  public init?(baseUnits: Double) {
    self.init(baseUnits)
  }

  /// The number of base units.
  @inlinable public var baseUnits: Double { bytesPerSecond }

  /// What the quantity is, for error messages.
  public static let noun = "a rate"
  /// How one is written, for error messages.
  public static let example = "'400 Gb/s'"
  /// Every unit that can be read.
  public static let readableUnits: [QuantityUnit] = {
    let prefixes = ["", "k", "K", "M", "G", "T", "P"]
    let bytes = ["B/s", "Bps"].flatMap { QuantityUnit.prefixed($0, prefixes: prefixes) }
    let bits = ["b/s", "bit/s", "bps"].flatMap { QuantityUnit.prefixed($0, scale: 0.125, prefixes: prefixes) }
    let binary = [
      QuantityUnit("KiB/s", 1024), QuantityUnit("MiB/s", 1_048_576), QuantityUnit("GiB/s", 1_073_741_824),
      QuantityUnit("TiB/s", 1_099_511_627_776),
    ]
    return bytes + bits + binary
  }()
  /// The units used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("B/s", 1), QuantityUnit("kB/s", 1e3), QuantityUnit("MB/s", 1e6), QuantityUnit("GB/s", 1e9),
    QuantityUnit("TB/s", 1e12), QuantityUnit("PB/s", 1e15),
  ]

  /// Zero.
  public static let zero = BytesPerSecond(0)

  /// The sum of two.
  @inlinable
  public static func + (left: BytesPerSecond, right: BytesPerSecond) -> BytesPerSecond {
    BytesPerSecond(left.bytesPerSecond + right.bytesPerSecond)
  }

  /// The difference of two.
  @inlinable
  public static func - (left: BytesPerSecond, right: BytesPerSecond) -> BytesPerSecond {
    BytesPerSecond(left.bytesPerSecond - right.bytesPerSecond)
  }

  /// A multiple.
  @inlinable
  public static func * (left: BytesPerSecond, right: Double) -> BytesPerSecond {
    BytesPerSecond(left.bytesPerSecond * right)
  }

  /// The ratio of two, a pure number.
  @inlinable
  public static func / (left: BytesPerSecond, right: BytesPerSecond) -> Double {
    left.bytesPerSecond / right.bytesPerSecond
  }

  /// Adds in place.
  @inlinable
  public static func += (left: inout BytesPerSecond, right: BytesPerSecond) {
    left.bytesPerSecond += right.bytesPerSecond
  }
}
