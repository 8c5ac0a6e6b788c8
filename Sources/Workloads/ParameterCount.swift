import Quantities

/// A number of parameters, read as model cards print them: `8.03B`, `671 B` (B = 10^9), or in full.
struct ParameterCount: Quantity {
  /// The number of parameters.
  let count: Int

  init?(baseUnits: Double) {
    guard let size = Bytes(baseUnits: baseUnits) else { return nil }
    count = Int(size.count)
  }

  var baseUnits: Double { Double(count) }

  static let noun = "a whole number of parameters"
  static let example = "'8.03B' (B = 10^9) or '8030261248'"
  static let readableUnits = [
    QuantityUnit("", 1), QuantityUnit("k", 1e3), QuantityUnit("K", 1e3), QuantityUnit("M", 1e6),
    QuantityUnit("B", 1e9), QuantityUnit("T", 1e12),
  ]
  static let printedUnits = [
    QuantityUnit("", 1), QuantityUnit("k", 1e3), QuantityUnit("M", 1e6), QuantityUnit("B", 1e9),
    QuantityUnit("T", 1e12),
  ]

  /// One parameter to a thousand trillion, above any model and below any overflow.
  static let range = ParameterCount(count: 1)...ParameterCount(count: 1_000_000_000_000_000)

  private init(count: Int) {
    self.count = count
  }
}
