/// A number with a unit: the type of every size, time, rate and count at an interface of Treeline.
///
/// A quantity is read with its unit and printed in the unit that suits its size:
///
///     let rate = try BytesPerSecond(parsing: "400 Gb/s")
///     print(rate)  // 50 GB/s
///
/// Prefixes are decimal (`k` = 1000) unless written in binary (`Ki` = 1024). Units are case-sensitive where case
/// carries meaning: `b` is a bit, `B` is a byte.
public protocol Quantity: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// What the quantity is, for error messages: "a size in bytes".
  static var noun: String { get }
  /// An example of how one is written, for error messages.
  static var example: String { get }
  /// Every unit that can be read.
  static var readableUnits: [QuantityUnit] { get }
  /// The units used for printing, from the smallest to the largest.
  static var printedUnits: [QuantityUnit] { get }
  /// Creates a quantity from a number of base units; nil when the type can't hold it (a fraction of a byte).
  init?(baseUnits: Double)
  /// The number of base units.
  var baseUnits: Double { get }
}

extension Quantity {
  /// Reads a quantity with its unit, such as `450 GB/s`, `2us` or `80 GiB`; a bare `0` needs no unit.
  ///
  /// - Throws: ``QuantityError`` when the text is not a finite number followed by one of ``readableUnits``.
  public init(parsing text: String) throws(QuantityError) {
    let (number, symbol) = NumberText.split(text)
    guard let number, number.isFinite else {
      throw QuantityError(found: text, expected: "\(Self.noun) such as \(Self.example)")
    }
    if symbol.isEmpty {
      guard number == 0, let zero = Self(baseUnits: 0) else {
        throw QuantityError(found: text, expected: "\(Self.noun) with its unit, such as \(Self.example)")
      }
      self = zero
      return
    }
    guard let unit = Self.readableUnits.first(where: { $0.symbol == symbol }) else {
      let nearest = NearestName.suggestion(for: symbol, among: Self.readableUnits.map(\.symbol))
      throw QuantityError(
        found: text,
        expected: "\(Self.noun) such as \(Self.example); no unit '\(symbol)'\(nearest)")
    }
    guard let quantity = Self(baseUnits: number * unit.scale) else {
      throw QuantityError(found: text, expected: "\(Self.noun) that is a whole number of its base unit and in range")
    }
    self = quantity
  }

  /// The quantity in the largest unit that leaves a number of at least one, to four significant digits.
  public var description: String {
    formatted(significantDigits: 4)
  }

  /// The quantity in the largest unit that leaves a number of at least one.
  ///
  /// - Parameter significantDigits: How many digits to keep, 1 to 15; trailing zeros are dropped.
  public func formatted(significantDigits: Int) -> String {
    let units = Self.printedUnits
    guard let smallest = units.first else { return NumberText.format(baseUnits, significantDigits: significantDigits) }
    let magnitude = abs(baseUnits)
    // Half a unit in the last kept digit rounds 999.96 up to 1000, which belongs to the next unit.
    let roundsUp = 1 - 0.5 * NumberText.powerOfTen(-significantDigits)
    var chosen = magnitude == 0 ? (units.first(where: { $0.scale == 1 }) ?? smallest) : smallest
    for unit in units where magnitude > 0 && magnitude >= unit.scale * roundsUp { chosen = unit }
    return NumberText.format(baseUnits / chosen.scale, significantDigits: significantDigits) + " " + chosen.symbol
  }

  /// Orders by the number of base units.
  public static func < (left: Self, right: Self) -> Bool {
    left.baseUnits < right.baseUnits
  }
}
