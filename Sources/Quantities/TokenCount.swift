/// A number of tokens, read as people write sequence lengths: `5.12M`, `128k` (k = 1000), `128Ki` (131 072).
public struct TokenCount: Quantity {
  /// The number of tokens.
  public var count: Int

  /// Creates a count.
  ///
  /// - Parameter count: The number of tokens.
  @inlinable
  public init(_ count: Int) {
    self.count = count
  }

  /// Creates a count from a number; nil for a fraction of a token or one past 2^63.
  public init?(baseUnits: Double) {
    guard let bytes = Bytes(baseUnits: baseUnits) else { return nil }
    self.init(Int(bytes.count))
  }

  /// The number of tokens.
  @inlinable public var baseUnits: Double { Double(count) }

  /// What the quantity is, for error messages.
  public static let noun = "a whole number of tokens"
  /// How one is written, for error messages.
  public static let example = "'5.12M', '128k' (k = 1000) or '128Ki' (131072)"
  /// Every suffix that can be read; none is one too.
  public static let readableUnits: [QuantityUnit] = [
    QuantityUnit("", 1), QuantityUnit("k", 1e3), QuantityUnit("K", 1e3), QuantityUnit("M", 1e6), QuantityUnit("G", 1e9),
    QuantityUnit("B", 1e9), QuantityUnit("Ki", 1024), QuantityUnit("Mi", 1_048_576),
    QuantityUnit("Gi", 1_073_741_824),
  ]
  /// The suffixes used for printing, from the smallest to the largest.
  public static let printedUnits: [QuantityUnit] = [
    QuantityUnit("", 1), QuantityUnit("k", 1e3), QuantityUnit("M", 1e6), QuantityUnit("G", 1e9),
  ]

  /// The count with a decimal suffix when that is exact to four digits (`5.12M`), in full otherwise.
  public var description: String {
    for unit in Self.printedUnits.reversed() where abs(Double(count)) >= unit.scale {
      let text = NumberText.format(Double(count) / unit.scale, significantDigits: 4)
      if TokenCount(baseUnits: (Double(text) ?? 0) * unit.scale) == self { return text + unit.symbol }
    }
    return String(count)
  }

  /// Orders by the number of tokens, exactly.
  @inlinable
  public static func < (left: TokenCount, right: TokenCount) -> Bool {
    left.count < right.count
  }
}
