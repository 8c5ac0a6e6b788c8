/// A rate of floating-point work; a multiply-add counts as two.
public struct FLOPsPerSecond: Quantity {
  /// The rate in floating-point operations a second.
  public var flopsPerSecond: Double

  /// Creates a quantity.
  ///
  /// - Parameter flopsPerSecond: The rate in floating-point operations a second.
  @inlinable
  public init(_ flopsPerSecond: Double) {
    self.flopsPerSecond = flopsPerSecond
  }

  /// Creates a quantity from a number of base units; always succeeds.
  public init?(baseUnits: Double) {
    self.init(baseUnits)
  }

  /// The number of base units.
  @inlinable public var baseUnits: Double { flopsPerSecond }

  /// What the quantity is, for error messages.
  public static let noun = "a rate of floating-point operations"
  /// How one is written, for error messages.
  public static let example = "'989 TFLOP/s'"
  /// Every unit that can be read.
  public static let readableUnits: [QuantityUnit] = ["FLOP/s", "FLOPS", "FLOPs/s"].flatMap {
    QuantityUnit.prefixed($0, prefixes: ["", "k", "M", "G", "T", "P"])
  }
  /// The units used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("FLOP/s", 1), QuantityUnit("MFLOP/s", 1e6), QuantityUnit("GFLOP/s", 1e9),
    QuantityUnit("TFLOP/s", 1e12), QuantityUnit("PFLOP/s", 1e15),
  ]

  /// Zero.
  public static let zero = FLOPsPerSecond(0)

  /// The sum of two.
  @inlinable
  public static func + (left: FLOPsPerSecond, right: FLOPsPerSecond) -> FLOPsPerSecond {
    FLOPsPerSecond(left.flopsPerSecond + right.flopsPerSecond)
  }

  /// The difference of two.
  @inlinable
  public static func - (left: FLOPsPerSecond, right: FLOPsPerSecond) -> FLOPsPerSecond {
    FLOPsPerSecond(left.flopsPerSecond - right.flopsPerSecond)
  }

  /// A multiple.
  @inlinable
  public static func * (left: FLOPsPerSecond, right: Double) -> FLOPsPerSecond {
    FLOPsPerSecond(left.flopsPerSecond * right)
  }

  /// The ratio of two, a pure number.
  @inlinable
  public static func / (left: FLOPsPerSecond, right: FLOPsPerSecond) -> Double {
    left.flopsPerSecond / right.flopsPerSecond
  }

  /// Adds in place.
  @inlinable
  public static func += (left: inout FLOPsPerSecond, right: FLOPsPerSecond) {
    left.flopsPerSecond += right.flopsPerSecond
  }
}
