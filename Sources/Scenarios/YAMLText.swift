import Quantities

/// Values as the canonical text of a scenario has them; each reads back as exactly the same value.
enum YAMLText {
  /// A text, in quotes unless it is plainly a name.
  static func scalar(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
    let reserved = ["true", "false", "null", "yes", "no", "on", "off"]
    let startsPlain = text.first.map { $0.isLetter || $0.isNumber } ?? false
    if plain, startsPlain, !reserved.contains(text.lowercased()) { return text }
    return quoted(text)
  }

  /// A text in double quotes (YAML 1.2, section 7.3.1).
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      // Line ends of Unicode, and what must not stand in YAML at all.
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// A factor: `2x`.
  static func factor(_ value: Double) -> String { number(value) + "x" }

  /// A share: `5%` where that is exact.
  static func share(_ value: Double) -> String {
    let percent = NumberText.format(100 * value, significantDigits: 6)
    return Measure.share.number(percent + "%") == value ? percent + "%" : number(value)
  }

  /// A time in the unit in which it is the shortest: `1 ms`, `1030 µs`.
  static func time(_ seconds: Double) -> String {
    guard seconds > 0 else { return "0 s" }
    // A time that was read as a number of microseconds may be a whole number of them alone, because of rounding.
    let texts = Seconds.printedUnits.reversed().map { unit in
      NumberText.format(seconds / unit.scale, significantDigits: 15) + " " + unit.symbol
    }
    let exact = texts.filter { (try? Seconds(parsing: $0))?.seconds == seconds }
    // Digits before powers of ten: 1000000 s, and not 1e+18 ps.
    let plain = exact.filter { !$0.contains("e") }
    return (plain.isEmpty ? exact : plain).min { $0.count < $1.count } ?? "\(seconds) s"
  }

  /// A size in the largest unit that it is a whole number of, decimal or binary: `4 MB`, `64 KiB`.
  static func size(_ bytes: Bytes) -> String {
    let units = Bytes.readableUnits.filter { $0.scale > 1 && $0.symbol != "KB" }
    let whole = units.filter { bytes.count > 0 && bytes.count.isMultiple(of: Int64($0.scale)) }
    guard let unit = whole.max(by: { $0.scale < $1.scale }) else { return "\(bytes.count) B" }
    return "\(bytes.count / Int64(unit.scale)) \(unit.symbol)"
  }

  /// A number with every digit.
  static func number(_ value: Double) -> String {
    let short = NumberText.format(value, significantDigits: 15)
    return Double(short) == value ? short : "\(value)"
  }
}
