import Configuration

/// Shares of a whole, written `50%` or `0.5`.
enum Shares {
  /// What may be left of a bandwidth: a millionth or more, so that no step lasts forever.
  static let left = 1e-6...1.0

  /// Reads a share.
  ///
  /// - Throws: ``ConfigurationError`` when it is none, or out of range.
  static func read(_ field: Field, in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
    try Measure.share.read(field.scalarText ?? "", at: field, in: range)
  }
}
