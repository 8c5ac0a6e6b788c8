/// A number as it was printed, rounded to the digits that are there.
struct PrintedNumber {
  /// The text.
  let text: String
  /// The number.
  let value: Double
  /// Half a unit of the last digit.
  private let half: Double

  /// Reads a number of zero or more; nil for anything else.
  init?(_ text: String) {
    // A hexadecimal number is a number to Swift, and printed by no program.
    guard !text.contains(where: { $0 == "x" || $0 == "X" }), let value = Double(text), value.isFinite, value >= 0 else {
      return nil
    }
    self.text = text
    self.value = value
    let digits = text.prefix { $0 != "e" && $0 != "E" }
    let decimals = digits.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
    let power = text.dropFirst(digits.count + 1)
    var half = 0.5
    for _ in 0..<min(decimals, 40) { half /= 10 }
    for _ in 0..<min(abs(Int(power) ?? 0), 40) { half = (Int(power) ?? 0) < 0 ? half / 10 : half * 10 }
    self.half = half
  }

  /// The numbers that would have been printed so.
  var range: ClosedRange<Double> { max(0, value - half)...value + half }

  /// Whether a number of a range may have been printed so, half a per cent aside.
  func agrees(with expected: ClosedRange<Double>) -> Bool {
    range.lowerBound <= expected.upperBound * 1.005 && range.upperBound >= expected.lowerBound * 0.995
  }
}
