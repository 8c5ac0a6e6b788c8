/// The decimal digits of a finite number, d.ddd × 10^exponent: the shortest ones that read back as the same number.
///
/// Rounding these rather than the binary value rounds what a person sees: 0.15 to one digit is a tie, and goes to the
/// even 0.2. Nothing here can overflow, whatever the exponent.
struct DecimalDigits {
  /// The digits, the first of them not zero; empty for zero.
  private(set) var digits: [UInt8]
  /// The power of ten of the first digit.
  private(set) var exponent: Int

  /// Takes the digits of a magnitude.
  ///
  /// - Parameter magnitude: A finite number; its sign is dropped.
  init(_ magnitude: Double) {
    var digits: [UInt8] = []
    var point: Int?
    var power = 0
    var powerIsNegative = false
    var inPower = false
    for byte in abs(magnitude).description.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = byte - UInt8(ascii: "0")
        if inPower { power = power * 10 + Int(digit) } else { digits.append(digit) }
      case UInt8(ascii: "."): point = digits.count
      case UInt8(ascii: "e"): inPower = true
      case UInt8(ascii: "-"): powerIsNegative = true
      default: break
      }
    }
    let leadingZeros = digits.prefix { $0 == 0 }.count
    exponent = (point ?? digits.count) - 1 - leadingZeros + (powerIsNegative ? -power : power)
    digits.removeFirst(leadingZeros)
    self.digits = digits
    dropTrailingZeros()
    if self.digits.isEmpty { exponent = 0 }
  }

  /// Rounds to so many digits, half to even; fewer than one digit leaves one unit of the place before, or nothing.
  mutating func round(toDigits count: Int) {
    guard count < digits.count else { return }
    guard count >= 0 else {
      digits = []
      exponent = 0
      return
    }
    let rest = digits[count...]
    let half = rest.first == 5 && rest.count == 1
    let lastIsOdd = count > 0 && digits[count - 1] % 2 == 1
    let up = half ? lastIsOdd : (rest.first ?? 0) >= 5
    digits.removeSubrange(count...)
    if up { addOneAtTheEnd() }
    dropTrailingZeros()
    if digits.isEmpty { exponent = 0 }
  }

  /// The digit of a power of ten; zero outside the digits.
  func digit(ofPower power: Int) -> UInt8 {
    let index = exponent - power
    return digits.indices.contains(index) ? digits[index] : 0
  }

  /// The digits of the powers of ten from one down to another, as text.
  func text(fromPower first: Int, downTo last: Int) -> String {
    guard first >= last else { return "" }
    return String(
      decoding: (last...first).reversed().map { UInt8(ascii: "0") + digit(ofPower: $0) }, as: UTF8.self)
  }

  /// The power of ten of the last digit.
  var lastPower: Int { exponent - max(digits.count - 1, 0) }

  private mutating func addOneAtTheEnd() {
    var place = digits.count - 1
    while place >= 0, digits[place] == 9 {
      digits[place] = 0
      place -= 1
    }
    if place >= 0 {
      digits[place] += 1
    } else {
      digits.insert(1, at: 0)
      exponent += 1
    }
  }

  private mutating func dropTrailingZeros() {
    while digits.last == 0 { digits.removeLast() }
  }
}
