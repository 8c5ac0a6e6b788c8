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
      if character.isASCII, character.isNumber {
        seenDigit = true
      } else if character == "." || character == "_" {
        // Part of the number.
      } else if character == "-" || character == "+" {
        guard end == trimmed.startIndex || "eE".contains(trimmed[trimmed.index(before: end)]) else { break }
      } else if character == "e" || character == "E", seenDigit, !seenExponent {
        // An exponent only when a digit or a sign follows: "2e3 s", but not the "E" of a unit.
        let next = trimmed.index(after: end)
        guard next < trimmed.endIndex, trimmed[next].isNumber || "+-".contains(trimmed[next]) else { break }
        seenExponent = true
      } else {
        break
      }
      end = trimmed.index(after: end)
    }
    let digits = trimmed[..<end].filter { $0 != "_" }
    return (Double(String(digits)), trim(String(trimmed[end...])))
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
    let digits = min(max(significantDigits, 1), 15)
    var exponent = exponentOfTen(abs(value))
    var scaled = (abs(value) * powerOfTen(digits - 1 - exponent)).rounded(.toNearestOrEven)
    if scaled >= powerOfTen(digits) {
      exponent += 1
      scaled = (abs(value) * powerOfTen(digits - 1 - exponent)).rounded(.toNearestOrEven)
    }
    var text = String(UInt64(scaled))
    let sign = value < 0 ? "-" : ""
    if exponent >= 15 || exponent < -5 {
      while text.count > 1, text.last == "0" { text.removeLast() }
      let fraction = text.dropFirst()
      return sign + text.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
        + "e" + (exponent < 0 ? "-" : "+") + String(abs(exponent))
    }
    if exponent < 0 {
      text = String(repeating: "0", count: -exponent) + text
      exponent = 0
    }
    let whole = text.prefix(exponent + 1)
    var fraction = text.dropFirst(exponent + 1)
    while fraction.last == "0" { fraction.removeLast() }
    let padding = String(repeating: "0", count: max(0, exponent + 1 - text.count))
    return sign + whole + padding + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// Prints a number with exactly so many digits after the point: `12.50`.
  ///
  /// - Parameters:
  ///   - value: A number below 10^15 in magnitude; larger ones fall back to significant digits.
  ///   - decimals: The digits after the point, 0 to 9.
  public static func format(_ value: Double, decimals: Int) -> String {
    let places = min(max(decimals, 0), 9)
    let scaled = (abs(value) * powerOfTen(places)).rounded(.toNearestOrEven)
    guard scaled.isFinite, scaled < 1e15 else { return format(value, significantDigits: 15) }
    var text = String(UInt64(scaled))
    if text.count <= places { text = String(repeating: "0", count: places + 1 - text.count) + text }
    let sign = value < 0 && scaled != 0 ? "-" : ""
    return places == 0 ? sign + text : sign + text.dropLast(places) + "." + text.suffix(places)
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

  /// Ten to a whole power, correctly rounded between 1e-22 and 1e22.
  public static func powerOfTen(_ exponent: Int) -> Double {
    if exponent < 0 { return 1 / powerOfTen(-exponent) }
    var result = 1.0
    for _ in 0..<min(exponent, 400) { result *= 10 }
    return result
  }

  private static func exponentOfTen(_ magnitude: Double) -> Int {
    var exponent = 0
    var value = magnitude
    while value >= 10 {
      value /= 10
      exponent += 1
    }
    while value < 1 {
      value *= 10
      exponent -= 1
    }
    return exponent
  }
}
