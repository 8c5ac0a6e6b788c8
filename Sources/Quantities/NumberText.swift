/// Reading and printing of decimal numbers, the same on every machine and in every locale.
public enum NumberText {
  /// Splits a text into its leading number and what follows, both trimmed: `450 GB/s` into 450 and `GB/s`.
  ///
  /// - Returns: The number, nil when the text does not start with one, and the rest.
  public static func split(_ text: String) -> (number: Double?, rest: String) {
    let trimmed = trim(text)
    var end = trimmed.startIndex
    var seenExponent = false
    var seenDigit = false
    while end < trimmed.endIndex {
      let character = trimmed[end]
      if isDigit(character) {
        seenDigit = true
      } else if character == "." {
        // Part of the number; a second one leaves a text that is no number.
      } else if character == "_" {
        // Groups digits, so one stands on either side.
        let next = trimmed.index(after: end)
        guard end > trimmed.startIndex, isDigit(trimmed[trimmed.index(before: end)]),
          next < trimmed.endIndex, isDigit(trimmed[next])
        else { break }
      } else if character == "-" || character == "+" {
        guard end == trimmed.startIndex || "eE".contains(trimmed[trimmed.index(before: end)]) else { break }
      } else if character == "e" || character == "E", seenDigit, !seenExponent {
        // An exponent only when a digit or a sign follows: "2e3 s", but not the "E" of a unit.
        let next = trimmed.index(after: end)
        guard next < trimmed.endIndex, isDigit(trimmed[next]) || "+-".contains(trimmed[next]) else { break }
        seenExponent = true
      } else {
        break
      }
      end = trimmed.index(after: end)
    }
    let digits = trimmed[..<end].filter { $0 != "_" }
    return (Double(String(digits)), trim(String(trimmed[end...])))
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  /// The text without white space at its ends.
  public static func trim(_ text: String) -> String {
    var view = Substring(text)
    while let first = view.first, first.isWhitespace { view.removeFirst() }
    while let last = view.last, last.isWhitespace { view.removeLast() }
    return String(view)
  }

  /// Prints a number to so many significant digits, without trailing zeros: `1.23`, `1000`, `0.0456`, `1.2e+20`.
  ///
  /// - Parameters:
  ///   - value: Any number; infinities and NaN print as `inf`, `-inf` and `nan`.
  ///   - significantDigits: How many digits to keep, clamped to 1 to 15.
  public static func format(_ value: Double, significantDigits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
    guard value != 0 else { return "0" }
    var decimal = DecimalDigits(value)
    decimal.round(toDigits: min(max(significantDigits, 1), 15))
    let sign = value < 0 ? "-" : ""
    let exponent = decimal.exponent
    if exponent >= 15 || exponent < -5 {
      let fraction = decimal.text(fromPower: exponent - 1, downTo: decimal.lastPower)
      return sign + decimal.text(fromPower: exponent, downTo: exponent) + (fraction.isEmpty ? "" : "." + fraction)
        + "e" + (exponent < 0 ? "-" : "+") + String(abs(exponent))
    }
    let whole = decimal.text(fromPower: max(exponent, 0), downTo: 0)
    let fraction = decimal.text(fromPower: -1, downTo: decimal.lastPower)
    return sign + whole + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// Prints a number with exactly so many digits after the point: `12.50`.
  ///
  /// - Parameters:
  ///   - value: A number below 10^15 in magnitude; larger ones fall back to significant digits.
  ///   - decimals: The digits after the point, 0 to 9.
  public static func format(_ value: Double, decimals: Int) -> String {
    let places = min(max(decimals, 0), 9)
    guard abs(value) < 1e15 else { return format(value, significantDigits: 15) }
    var decimal = DecimalDigits(value)
    decimal.round(toDigits: decimal.exponent + 1 + places)
    let sign = value < 0 && !decimal.digits.isEmpty ? "-" : ""
    let whole = decimal.text(fromPower: max(decimal.exponent, 0), downTo: 0)
    return sign + whole + (places == 0 ? "" : "." + decimal.text(fromPower: -1, downTo: -places))
  }

  /// Groups the digits of a whole number by thousands: `12 345 678`.
  public static func grouped(_ value: Int64) -> String {
    let digits = String(value.magnitude)
    var groups: [Substring] = []
    var rest = Substring(digits)
    while rest.count > 3 {
      groups.append(rest.suffix(3))
      rest = rest.dropLast(3)
    }
    groups.append(rest)
    return (value < 0 ? "-" : "") + groups.reversed().joined(separator: " ")
  }

  /// Ten to a whole power, correctly rounded between 1e-22 and 1e22; zero or infinity past the ends of the type.
  public static func powerOfTen(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<min(exponent.magnitude, 400) { result *= 10 }
    return exponent < 0 ? 1 / result : result
  }
}
