import Configuration
import Quantities

/// What a number of a scenario counts, which says how it is written and how large it may be.
public enum Measure: Hashable, Sendable {
  /// A slow-down: `2x`, `150%`.
  case factor
  /// A time: `1 ms`.
  case time
  /// A share: `5%`, `0.05`.
  case share

  /// The number that a text stands for, in factors, seconds or shares; nil when it stands for none.
  func number(_ text: String) -> Double? {
    let (number, unit) = NumberText.split(text)
    guard let number, number.isFinite else { return nil }
    switch (self, unit) {
    case (.time, _): return (try? Seconds(parsing: text))?.seconds
    case (_, ""), (.factor, "x"), (.factor, "×"): return number
    case (_, "%"): return number / 100
    default: return nil
    }
  }

  /// The values allowed: wide enough for any cluster, and narrow enough that no sum of them leaves a Double.
  var range: ClosedRange<Double> {
    switch self {
    case .factor: 1...1_000_000
    case .time: 0...1_000_000
    case .share: 0...1_000
    }
  }

  /// What is expected, for messages.
  private func expected(_ range: ClosedRange<Double>) -> String {
    let ends = (text(range.lowerBound), text(range.upperBound))
    switch self {
    case .factor: return "a factor from \(ends.0) to \(ends.1), such as 2x"
    case .time: return "a time from \(ends.0) to \(ends.1), such as 1 ms"
    case .share: return "a share from \(ends.0) to \(ends.1), such as 5% or 0.05"
    }
  }

  /// Reads a number.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - field: Where it stands, for messages.
  ///   - range: The values allowed; nil for all of the measure's.
  /// - Throws: ``ConfigurationError`` when it is none, or out of range.
  func read(
    _ text: String, at field: Field, in range: ClosedRange<Double>? = nil
  ) throws(ConfigurationError) -> Double {
    let range = range ?? self.range
    guard let number = number(text), range.contains(number) else {
      throw field.error("found \(text.isEmpty ? "nothing" : "'\(text)'"), expected \(expected(range))")
    }
    return number
  }

  /// A number as it would be written.
  func text(_ value: Double) -> String {
    switch self {
    case .factor: YAMLText.factor(value)
    case .time: YAMLText.time(value)
    case .share: YAMLText.share(value)
    }
  }
}
