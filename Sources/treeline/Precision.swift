import ArgumentParser

/// How well a median is to be known, as a share such as `0.01` or per cent such as `1%`.
struct Precision: ExpressibleByArgument {
  /// As it was given.
  private let text: String
  /// The width of the median's interval as a share of the median; nil where the text is none.
  private let share: Double?

  init(argument: String) { (text, share) = (argument, ShareText.share(argument)) }

  /// A share in the source of an option.
  init(_ share: Double) { (text, self.share) = ("\(share)", share) }

  var defaultValueDescription: String { text }

  /// The share.
  ///
  /// - Throws: ``UsageError`` where it is out of range.
  func checked() throws -> Double {
    guard let share, share > 0, share <= 1 else {
      throw UsageError(
        "--precision: found '\(text)', expected a share above 0, up to 1, such as 0.01 or 1%")
    }
    return share
  }
}
