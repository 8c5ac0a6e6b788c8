/// Reads the words of a job one after another.
struct FlowJobReader {
  private let text: [UInt8]
  private var place = 0
  private var line = 1

  init(_ text: some Collection<UInt8>) {
    self.text = Array(text)
  }

  /// Reads one word that must be the given one.
  mutating func expect(_ wanted: String) throws(FlowJobError) {
    let found = word()
    guard found.elementsEqual(wanted.utf8) else { throw failure("'\(wanted)'", found) }
  }

  /// Reads a whole number from 0 up to, and without, a limit.
  mutating func integer(_ what: String, below limit: Int) throws(FlowJobError) -> Int {
    let found = word()
    var value = 0
    guard !found.isEmpty else { throw failure(what, found) }
    for byte in found {
      let digit = Int(byte) - 0x30
      let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
      guard (0...9).contains(digit), !tooLarge, shifted <= .max - digit else { throw failure(what, found) }
      value = shifted + digit
    }
    guard value < limit else { throw failure("\(what), below \(limit)", found) }
    return value
  }

  /// Reads a count and as many whole numbers below a limit.
  mutating func integers(_ what: String, below limit: Int) throws(FlowJobError) -> [Int] {
    let count = try integer("a count", below: .max)
    var values: [Int] = []
    for _ in 0..<count { values.append(try integer(what, below: limit)) }
    return values
  }

  /// Reads a finite number that a rule allows.
  mutating func number(_ what: String, where isAllowed: (Double) -> Bool) throws(FlowJobError) -> Double {
    let found = word()
    guard let value = Double(String(decoding: found, as: UTF8.self)), value.isFinite, isAllowed(value) else {
      throw failure(what, found)
    }
    return value
  }

  private mutating func word() -> ArraySlice<UInt8> {
    while place < text.count, text[place] <= 0x20 {
      if text[place] == 0x0A { line += 1 }
      place += 1
    }
    let start = place
    while place < text.count, text[place] > 0x20 { place += 1 }
    return text[start..<place]
  }

  private func failure(_ expected: String, _ found: ArraySlice<UInt8>) -> FlowJobError {
    let shown = found.isEmpty ? "the end of the text" : "'\(String(decoding: found, as: UTF8.self))'"
    return FlowJobError(line: line, problem: "found \(shown), expected \(expected)")
  }
}
