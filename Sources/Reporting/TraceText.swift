/// JSON under way, as bytes: what the events of a trace are put together in.
///
/// Encoders that build values first take several times as long and the memory of the whole trace.
struct TraceText {
  private(set) var bytes: [UInt8] = []

  /// Takes everything away and keeps the room.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }

  /// Adds JSON that stands in the source.
  mutating func add(_ json: StaticString) {
    json.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Adds a whole number.
  mutating func add(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    add(digitsOf: number.magnitude, atLeast: 1)
  }

  /// Adds a whole number.
  mutating func add(_ number: Int) { add(Int64(number)) }

  /// Adds a number, whole ones without a point; 0 for one that is not finite, which JSON can't say.
  mutating func add(_ number: Double) {
    if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 {
      add(whole)
    } else {
      bytes.append(contentsOf: (number.isFinite ? number : 0).description.utf8)
    }
  }

  /// Adds a time, given in seconds, in microseconds to the picosecond: `12.000345`.
  ///
  /// Equal times give equal texts and later ones never smaller numbers, so that slices that touch still touch.
  mutating func add(microsecondsOf seconds: Double) {
    let picoseconds = (seconds * 1e12).rounded()
    guard let count = UInt64(exactly: picoseconds), count < 1 << 63 else {
      // More than a hundred days: a double has no picoseconds left.
      add(max(seconds, 0) * 1e6)
      return
    }
    let (whole, fraction) = count.quotientAndRemainder(dividingBy: 1_000_000)
    add(digitsOf: whole, atLeast: 1)
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    add(digitsOf: fraction, atLeast: 6)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
  }

  private mutating func add(digitsOf number: UInt64, atLeast least: Int) {
    var rest = number
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    while bytes.count - start < least { bytes.append(UInt8(ascii: "0")) }
    bytes[start...].reverse()
  }

  /// Adds a text in quotes.
  mutating func add(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    add(escaped: text)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Adds a text as it stands between quotes.
  mutating func add(escaped text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        add("\\u00")
        for digit in [byte >> 4, byte & 15] {
          bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default:
        bytes.append(byte)
      }
    }
  }
}
