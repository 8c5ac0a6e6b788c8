import Quantities

extension FieldMapping {
  /// The text of a key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value is no text.
  public func string(_ key: String, default fallback: String) throws(ConfigurationError) -> String {
    guard let field = optional(key) else { return fallback }
    return try field.string()
  }

  /// The truth value of a key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value is neither true nor false.
  public func boolean(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
    guard let field = optional(key) else { return fallback }
    return try field.boolean()
  }

  /// The whole number of a key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value is not a whole number in the range.
  public func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int
  ) throws(ConfigurationError) -> Int {
    guard let field = optional(key) else { return fallback }
    return try field.integer(in: range)
  }

  /// The number of a key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value is not a number in the range.
  public func number(
    _ key: String, in range: ClosedRange<Double>, default fallback: Double
  ) throws(ConfigurationError) -> Double {
    guard let field = optional(key) else { return fallback }
    return try field.number(in: range)
  }

  /// The quantity of a key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value is not such a quantity in the range (nil: above zero).
  public func quantity<Value: Quantity>(
    _ key: String, in range: ClosedRange<Value>? = nil, default fallback: Value
  ) throws(ConfigurationError) -> Value {
    guard let field = optional(key) else { return fallback }
    return try field.quantity(Value.self, in: range)
  }

  /// The value of the `provenance` key, or a default when it is absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value names no provenance that an input can have.
  public func provenance(default fallback: Provenance) throws(ConfigurationError) -> Provenance {
    guard let field = optional("provenance") else { return fallback }
    if field.scalarText == Provenance.emulated.rawValue {
      throw field.error("found 'emulated': figures of an emulation are no input, since they tell nothing of any device")
    }
    let inputs: [Provenance] = [.measured, .fitted, .dataSheet, .published, .assumed]
    let name = try field.name(among: inputs.map(\.rawValue), noun: "provenance")
    return Provenance(rawValue: name) ?? fallback
  }
}
