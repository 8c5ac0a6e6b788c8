import Foundation
import Quantities
import TestSupport
import Testing

@Suite("Printing quantities")
struct QuantityPrintingTests {
  @Test("A quantity prints in the unit that suits its size")
  func units() {
    #expect(Bytes(0).description == "0 B")
    #expect(Bytes(999).description == "999 B")
    #expect(Bytes(80_000_000_000).description == "80 GB")
    #expect(Bytes(-80_000_000_000).description == "-80 GB")
    #expect(Bytes(.max).description == "9223 PB")
    #expect(Bytes(.min).description == "-9223 PB")
    #expect(BytesPerSecond(50e9).description == "50 GB/s")
    #expect(Seconds(2e-6).description == "2 µs")
    #expect(Seconds(0).description == "0 s")
    #expect(Seconds(1e-15).description == "0.001 ps")
    #expect(Seconds(Double("1e-320") ?? .nan).description == "1e-308 ps")
    #expect(Seconds(1e300).description == "1e+300 s")
    #expect(FLOPs(4e9).description == "4 GFLOP")
    #expect(FLOPsPerSecond(1.979e15).description == "1.979 PFLOP/s")
    #expect(BytesPerSecond(.leastNonzeroMagnitude).description == "5e-324 B/s")
    #expect(BytesPerSecond(.infinity).description == "inf PB/s")
    #expect(BytesPerSecond(-.infinity).description == "-inf PB/s")
    #expect(BytesPerSecond(.nan).description == "nan B/s")
  }

  @Test("A number that rounds up to a thousand moves to the next unit")
  func roundsUp() {
    #expect(BytesPerSecond(999.96e6).description == "1 GB/s")
    #expect(BytesPerSecond(999.94e6).description == "999.9 MB/s")
    #expect(BytesPerSecond(-999.96e6).description == "-1 GB/s")
    #expect(BytesPerSecond(999.96).description == "1 kB/s")
    #expect(Seconds(999.96e-9).description == "1 µs")
    #expect(Bytes(999_960_000).description == "1 GB")
    #expect(BytesPerSecond(960e6).formatted(significantDigits: 1) == "1 GB/s")
    #expect(BytesPerSecond(940e6).formatted(significantDigits: 1) == "900 MB/s")
    #expect(BytesPerSecond(940e6).formatted(significantDigits: .min) == "900 MB/s")
    #expect(BytesPerSecond(940e6).formatted(significantDigits: .max) == "940 MB/s")
  }

  @Test("Token counts print with a suffix only where that is exact")
  func tokens() {
    #expect(TokenCount(5_120_000).description == "5.12M")
    #expect(TokenCount(128_000).description == "128k")
    #expect(TokenCount(131_072).description == "131072")
    #expect(TokenCount(0).description == "0")
    #expect(TokenCount(999).description == "999")
    #expect(TokenCount(-2_000).description == "-2k")
    #expect(TokenCount(5_000_000_000_000_000_001).description == "5000000000000000001")
    #expect(TokenCount(.min).description == "-9223372036854775808")
    #expect(TokenCount(12).formatted(significantDigits: 3) == "12")
  }

  @Test("Printed token counts read back as themselves")
  func tokenRoundTrip() throws {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<5_000 {
      let count = TokenCount(Int(generator.next() >> UInt64.random(in: 11...63, using: &generator)))
      #expect(try TokenCount(parsing: count.description) == count)
      let round = TokenCount(Int.random(in: 0...9999, using: &generator) * 1_000_000)
      #expect(try TokenCount(parsing: round.description) == round)
    }
  }

  @Test("What is printed to fifteen digits reads back within the last of them")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<5_000 {
      let value = generator.anyFinite()
      try Self.checkRoundTrip(Seconds(value))
      try Self.checkRoundTrip(BytesPerSecond(value))
      try Self.checkRoundTrip(FLOPs(value))
      try Self.checkRoundTrip(FLOPsPerSecond(value))
      // Below a quadrillion bytes, fifteen digits hold every byte.
      let size = Bytes(Int64(bitPattern: generator.next()) >> Int64.random(in: 14...62, using: &generator))
      #expect(try Bytes(parsing: size.formatted(significantDigits: 15)) == size)
    }
  }

  private static func checkRoundTrip<Value: Quantity>(_ quantity: Value) throws {
    // Past these a product with the unit's scale leaves the type's range.
    guard (1e-280...1e280).contains(quantity.baseUnits.magnitude) else { return }
    let text = quantity.formatted(significantDigits: 15)
    let back = try Value(parsing: text)
    #expect(abs(back.baseUnits - quantity.baseUnits) <= 6e-15 * abs(quantity.baseUnits), "\(text)")
  }

  @Test("Whatever the value and the digits, the number lies from one up to a thousand of its unit")
  func range() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<10_000 {
      let nearPower = pow(1000, Double(Int.random(in: 0...5, using: &generator)))
      let spread = pow(10, Double.random(in: 0...16, using: &generator))
      let value = max(1, Bool.random(using: &generator) ? spread : nearPower * (1 - 1 / spread))
      let text = BytesPerSecond(value).formatted(significantDigits: Int.random(in: 1...15, using: &generator))
      let number = try #require(NumberText.split(text).number)
      #expect(number >= 1 && (number < 1000 || text.hasSuffix("PB/s")), "\(value): \(text)")
    }
  }

  @Test("Every unit printed can be read, and none stands twice")
  func everyUnitReads() {
    func check<Value: Quantity>(_ type: Value.Type) {
      let readable = Set(type.readableUnits)
      for unit in type.printedUnits { #expect(readable.contains(unit), "\(unit.symbol) of \(type)") }
      #expect(Set(type.readableUnits.map(\.symbol)).count == type.readableUnits.count, "a unit of \(type) stands twice")
      #expect(type.printedUnits.map(\.scale) == type.printedUnits.map(\.scale).sorted())
    }
    check(Bytes.self)
    check(BytesPerSecond.self)
    check(Seconds.self)
    check(FLOPs.self)
    check(FLOPsPerSecond.self)
    check(TokenCount.self)
  }
}
