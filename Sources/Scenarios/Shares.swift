import Configuration
import Quantities

/// Shares of a whole, written `50%` or `0.5`.
enum Shares {
  /// What may be left of a bandwidth: a millionth or more, so that no step lasts forever.
  static let left = 1e-6...1.0

  /// Whether a product of shares, each of them allowed, is so too; its last bits may be off.
  static func areAllowed(_ product: Double) -> Bool { product >= left.lowerBound * (1 - 1e-9) }

  /// That a product of shares leaves too little of a link.
  static func tooLittle(_ product: Double, of link: String) -> String {
    "what is left of \(link) multiplies to \(NumberText.format(100 * product, significantDigits: 6))%; expected "
      + "\(Measure.share.text(left.lowerBound)) or more"
  }

  /// Reads a share.
  ///
  /// - Throws: ``ConfigurationError`` when it is none, or out of range.
  static func read(_ field: Field, in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
    try Measure.share.read(field.scalarText ?? "", at: field, in: range)
  }
}
