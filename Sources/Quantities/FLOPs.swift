/// An amount of floating-point work; a multiply-add counts as two.
public struct FLOPs: Quantity {
  /// The number of floating-point operations; a multiply-add is two.
  public var count: Double

  /// Creates a quantity.
  ///
  /// - Parameter count: The number of floating-point operations; a multiply-add is two.
  @inlinable
  public init(_ count: Double) {
    self.count = count
  }

  /// Creates a quantity from a number of base units; always succeeds.
  public init?(baseUnits: Double) {
    self.init(baseUnits)
  }

  /// The number of base units.
  @inlinable public var baseUnits: Double { count }

  /// What the quantity is, for error messages.
  public static let noun = "a number of floating-point operations"
  /// How one is written, for error messages.
  public static let example = "'4 GFLOP'"
  /// Every unit that can be read.
  public static let readableUnits: [QuantityUnit] = [
    QuantityUnit("FLOP", 1), QuantityUnit("kFLOP", 1e3), QuantityUnit("MFLOP", 1e6), QuantityUnit("GFLOP", 1e9),
    QuantityUnit("TFLOP", 1e12), QuantityUnit("PFLOP", 1e15),
  ]
  /// The units used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("FLOP", 1), QuantityUnit("kFLOP", 1e3), QuantityUnit("MFLOP", 1e6), QuantityUnit("GFLOP", 1e9),
    QuantityUnit("TFLOP", 1e12), QuantityUnit("PFLOP", 1e15),
  ]

  /// Zero.
  public static let zero = FLOPs(0)

  /// The sum of two.
  @inlinable
  public static func + (left: FLOPs, right: FLOPs) -> FLOPs {
    FLOPs(left.count + right.count)
  }

  /// The difference of two.
  @inlinable
  public static func - (left: FLOPs, right: FLOPs) -> FLOPs {
    FLOPs(left.count - right.count)
  }

  /// A multiple.
  @inlinable
  public static func * (left: FLOPs, right: Double) -> FLOPs {
    FLOPs(left.count * right)
  }

  /// The ratio of two, a pure number.
  @inlinable
  public static func / (left: FLOPs, right: FLOPs) -> Double {
    left.count / right.count
  }

  /// Adds in place.
  @inlinable
  public static func += (left: inout FLOPs, right: FLOPs) {
    left.count += right.count
  }
}
