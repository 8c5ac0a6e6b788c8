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
  /// Reads a quantity as it is written, such as `450 GB/s`.
  ///
  /// - Throws: ``QuantityError`` when the text is no such quantity.
  init(parsing text: String) throws(QuantityError)
  /// The number of base units.
  var baseUnits: Double { get }
}

extension Quantity {
  /// Reads a quantity with its unit, such as `450 GB/s`, `2us` or `80 GiB`; a bare `0` needs no unit, and no
  /// number does where one of ``readableUnits`` has an empty symbol.
  ///
  /// - Throws: ``QuantityError`` when the text is not a finite number followed by one of ``readableUnits``.
  public init(parsing text: String) throws(QuantityError) {
    let (number, symbol) = NumberText.split(text)
    guard let number, number.isFinite else {
      throw QuantityError(found: text, expected: "\(Self.noun) such as \(Self.example)")
    }
    let unit = Self.readableUnits.first(where: { $0.symbol == symbol })
    if unit == nil, symbol.isEmpty {
      guard number == 0, let zero = Self(baseUnits: 0) else {
        throw QuantityError(found: text, expected: "\(Self.noun) with its unit, such as \(Self.example)")
      }
      self = zero
      return
    }
    guard let unit else {
      let nearest = NearestName.suggestion(for: symbol, among: Self.readableUnits.map(\.symbol))
      throw QuantityError(
        found: text, expected: "\(Self.noun) such as \(Self.example); no unit '\(symbol)'\(nearest)")
    }
    let baseUnits = number * unit.scale
    guard baseUnits.isFinite, let quantity = Self(baseUnits: baseUnits) else {
      throw QuantityError(found: text, expected: "\(Self.noun) such as \(Self.example), whole and in range")
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
    let digits = min(max(significantDigits, 1), 15)
    let units = Self.printedUnits
    guard var chosen = units.first else { return NumberText.format(baseUnits, significantDigits: digits) }
    let magnitude = abs(baseUnits)
    if magnitude == 0 {
      chosen = units.first(where: { $0.scale == 1 }) ?? chosen
    }
    for unit in units where magnitude > 0 && magnitude >= unit.scale { chosen = unit }
    var text = NumberText.format(baseUnits / chosen.scale, significantDigits: digits)
    // 999.96 rounds up to 1000, which is one of the next unit.
    if let next = units.first(where: { $0.scale > chosen.scale }),
      abs(Double(text) ?? 0) >= (next.scale / chosen.scale).rounded()
    {
      chosen = next
      text = baseUnits < 0 ? "-1" : "1"
    }
    return chosen.symbol.isEmpty ? text : text + " " + chosen.symbol
  }

  /// Orders by the number of base units.
  public static func < (left: Self, right: Self) -> Bool {
    left.baseUnits < right.baseUnits
  }
}
