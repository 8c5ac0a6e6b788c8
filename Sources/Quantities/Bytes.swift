/// A size in bytes, exact.
///
/// Sums and products past the type's end (8 EiB) stop at it: no size that a file can hold traps, and one so absurd
/// stays larger than every memory.
public struct Bytes: Quantity {
  /// The number of bytes.
  public var count: Int64

  /// Creates a size.
  ///
  /// - Parameter count: The number of bytes.
  @inlinable
  public init(_ count: Int64) {
    self.count = count
  }

  /// Creates a size from a number of bytes; nil for a fraction of a byte or one past 2^63.
  public init?(baseUnits: Double) {
    // 80.1 GB is a whole number of bytes although the product with 1e9 may miss it by a rounding.
    let whole = baseUnits.rounded()
    guard abs(baseUnits - whole) <= 1e-15 * abs(whole) || baseUnits == whole, let count = Int64(exactly: whole) else {
      return nil
    }
    self.init(count)
  }

  /// The number of bytes.
  @inlinable public var baseUnits: Double { Double(count) }

  /// What the quantity is, for error messages.
  public static let noun = "a size"
  /// How one is written, for error messages.
  public static let example = "'80 GB' or '80 GiB'"
  /// Every unit that can be read.
  public static let readableUnits: [QuantityUnit] = [
    QuantityUnit("B", 1), QuantityUnit("kB", 1e3), QuantityUnit("KB", 1e3), QuantityUnit("MB", 1e6),
    QuantityUnit("GB", 1e9), QuantityUnit("TB", 1e12), QuantityUnit("PB", 1e15), QuantityUnit("KiB", 1024),
    QuantityUnit("MiB", 1_048_576), QuantityUnit("GiB", 1_073_741_824), QuantityUnit("TiB", 1_099_511_627_776),
  ]
  /// The units used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("B", 1), QuantityUnit("kB", 1e3), QuantityUnit("MB", 1e6), QuantityUnit("GB", 1e9),
    QuantityUnit("TB", 1e12), QuantityUnit("PB", 1e15),
  ]

  /// No bytes.
  public static let zero = Bytes(0)

  /// The sum of two sizes.
  @inlinable
  public static func + (left: Bytes, right: Bytes) -> Bytes {
    let (sum, overflow) = left.count.addingReportingOverflow(right.count)
    return Bytes(overflow ? limit(negative: left.count < 0) : sum)
  }

  /// The difference of two sizes.
  @inlinable
  public static func - (left: Bytes, right: Bytes) -> Bytes {
    let (difference, overflow) = left.count.subtractingReportingOverflow(right.count)
    return Bytes(overflow ? limit(negative: left.count < 0) : difference)
  }

  /// A multiple of a size.
  @inlinable
  public static func * (left: Bytes, right: Int) -> Bytes {
    let (product, overflow) = left.count.multipliedReportingOverflow(by: Int64(right))
    return Bytes(overflow ? limit(negative: (left.count < 0) != (right < 0)) : product)
  }

  /// Adds in place.
  @inlinable
  public static func += (left: inout Bytes, right: Bytes) {
    left = left + right
  }

  /// The ratio of two sizes, a pure number.
  @inlinable
  public static func / (left: Bytes, right: Bytes) -> Double {
    left.baseUnits / right.baseUnits
  }

  /// The time that a size takes at a rate.
  @inlinable
  public static func / (left: Bytes, right: BytesPerSecond) -> Seconds {
    Seconds(left.baseUnits / right.bytesPerSecond)
  }

  @usableFromInline
  static func limit(negative: Bool) -> Int64 {
    negative ? .min : .max
  }

  /// Orders by the number of bytes, exactly.
  @inlinable
  public static func < (left: Bytes, right: Bytes) -> Bool {
    left.count < right.count
  }
}

extension FLOPs {
  /// The time that an amount of work takes at a rate.
  @inlinable
  public static func / (left: FLOPs, right: FLOPsPerSecond) -> Seconds {
    Seconds(left.count / right.flopsPerSecond)
  }
}
