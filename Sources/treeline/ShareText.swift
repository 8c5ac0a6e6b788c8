import Quantities

/// A share on the command line, such as `0.1`, or the same in per cent, `10%`.
enum ShareText {
  /// The share; nil for what is neither.
  static func share(_ text: String) -> Double? {
    let (number, unit) = NumberText.split(text)
    guard let number, unit.isEmpty || unit == "%" else { return nil }
    return unit.isEmpty ? number : number / 100
  }
}
