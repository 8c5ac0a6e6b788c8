import ArgumentParser
import Quantities

/// How well a median is to be known, as a share such as `0.01` or per cent such as `1%`.
struct Precision: ExpressibleByArgument {
  /// As it was given.
  private let text: String
  /// The width of the median's interval as a share of the median.
  private let share: Double

  init?(argument: String) {
    let (number, unit) = NumberText.split(argument)
    guard let number, unit.isEmpty || unit == "%" else { return nil }
    (text, share) = (argument, unit.isEmpty ? number : number / 100)
  }

  /// A share in the source of an option.
  init(_ share: Double) { (text, self.share) = ("\(share)", share) }

  var defaultValueDescription: String { text }

  /// The share.
  ///
  /// - Throws: ``UsageError`` where it is out of range.
  func checked() throws -> Double {
    guard share > 0, share <= 1 else {
      throw UsageError(
        "--precision: found '\(text)', expected a share above 0, up to 1, or per cent, such as 0.01 or 1%")
    }
    return share
  }
}
