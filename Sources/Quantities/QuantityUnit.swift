/// A unit that a quantity can be written in, such as `GB/s`, and how many base units it is worth.
public struct QuantityUnit: Sendable, Hashable {
  /// The symbol as it is written, such as `GB/s`.
  public let symbol: String
  /// The number of base units (bytes, seconds, bytes per second, …) that one of this unit is.
  public let scale: Double

  /// Creates a unit.
  ///
  /// - Parameters:
  ///   - symbol: The symbol as it is written.
  ///   - scale: The number of base units in one of this unit.
  public init(_ symbol: String, _ scale: Double) {
    self.symbol = symbol
    self.scale = scale
  }

  /// A unit with each of a row of decimal prefixes: `B/s` with `k`, `M`, … into `kB/s`, `MB/s`, ….
  ///
  /// - Parameters:
  ///   - symbol: The unit without prefix.
  ///   - scale: The base units in one of it.
  ///   - prefixes: Prefixes out of the empty one, `k`, `K`, `M`, `G`, `T` and `P`; others are left out.
  public static func prefixed(_ symbol: String, scale: Double = 1, prefixes: [String]) -> [QuantityUnit] {
    let worth: [String: Double] = ["": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15]
    return prefixes.compactMap { prefix in worth[prefix].map { QuantityUnit(prefix + symbol, $0 * scale) } }
  }
}
