/// A span of time.
public struct Seconds: Quantity {
  /// The time in seconds.
  public var seconds: Double

  /// Creates a quantity.
  ///
  /// - Parameter seconds: The time in seconds.
  @inlinable
  public init(_ seconds: Double) {
    self.seconds = seconds
  }

  /// Creates a quantity from a number of base units; always succeeds.
  public init?(baseUnits: Double) {
    self.init(baseUnits)
  }

  /// The number of base units.
  @inlinable public var baseUnits: Double { seconds }

  /// What the quantity is, for error messages.
  public static let noun = "a time"
  /// How one is written, for error messages.
  public static let example = "'2 us'"
  /// Every unit that can be read.
  public static let readableUnits: [QuantityUnit] = [
    QuantityUnit("s", 1), QuantityUnit("ms", 1e-3), QuantityUnit("us", 1e-6), QuantityUnit("µs", 1e-6),
    // The Greek letter looks the same as the micro sign, and many keyboards type it.
    QuantityUnit("\u{3BC}s", 1e-6), QuantityUnit("ns", 1e-9), QuantityUnit("ps", 1e-12),
  ]
  /// The units used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("ps", 1e-12), QuantityUnit("ns", 1e-9), QuantityUnit("µs", 1e-6), QuantityUnit("ms", 1e-3),
    QuantityUnit("s", 1),
  ]

  /// Zero.
  public static let zero = Seconds(0)

  /// The sum of two.
  @inlinable
  public static func + (left: Seconds, right: Seconds) -> Seconds {
    Seconds(left.seconds + right.seconds)
  }

  /// The difference of two.
  @inlinable
  public static func - (left: Seconds, right: Seconds) -> Seconds {
    Seconds(left.seconds - right.seconds)
  }

  /// A multiple.
  @inlinable
  public static func * (left: Seconds, right: Double) -> Seconds {
    Seconds(left.seconds * right)
  }

  /// The ratio of two, a pure number.
  @inlinable
  public static func / (left: Seconds, right: Seconds) -> Double {
    left.seconds / right.seconds
  }

  /// Adds in place.
  @inlinable
  public static func += (left: inout Seconds, right: Seconds) {
    left.seconds += right.seconds
  }
}
