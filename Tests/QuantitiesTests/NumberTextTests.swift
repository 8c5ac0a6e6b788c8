import Foundation
import Quantities
import TestSupport
import Testing

@Suite("Number text")
struct NumberTextTests {
  @Test(
    "A number is split from what follows",
    arguments: [
      ("450 GB/s", 450.0, "GB/s"), ("  2us ", 2, "us"), ("2e-6 s", 2e-6, "s"), ("2E3s", 2000, "s"), ("-5 GB", -5, "GB"),
      ("+5 GB", 5, "GB"), ("1_000 B", 1000, "B"), (".5 GB", 0.5, "GB"), ("5. GB", 5, "GB"), ("3e s", 3, "e s"),
      ("1EB", 1, "EB"), ("0x10", 0, "x10"), ("5", 5, ""), ("1e5e5", 1e5, "e5"), ("1-2", 1, "-2"), ("5_ s", 5, "_ s"),
      ("1__0 s", 1, "__0 s"), ("1._5 s", 1, "_5 s"),
    ])
  func splits(text: String, number: Double, rest: String) {
    let split = NumberText.split(text)
    #expect(split.number == number)
    #expect(split.rest == rest)
  }

  @Test(
    "A text that starts with no number has none",
    arguments: [
      "", " ", "GB", "--5 GB", "-", "+", ".", "5..2", "1.2.3 s", "_", "e5", "-e5", "nan", "inf", "-inf", "٣ GB",
      "5e+ s",
      "NaN s", "_5 s", "½ GB",
    ])
  func refuses(text: String) {
    #expect(NumberText.split(text).number == nil)
  }

  @Test("Numbers print to the asked digits without trailing zeros")
  func layouts() {
    #expect(NumberText.format(1.23, significantDigits: 3) == "1.23")
    #expect(NumberText.format(1000, significantDigits: 4) == "1000")
    #expect(NumberText.format(123456, significantDigits: 2) == "120000")
    #expect(NumberText.format(0.0456, significantDigits: 4) == "0.0456")
    #expect(NumberText.format(1.2e20, significantDigits: 4) == "1.2e+20")
    #expect(NumberText.format(-9.9996, significantDigits: 4) == "-10")
    #expect(NumberText.format(9.996e-6, significantDigits: 3) == "0.00001")
    #expect(NumberText.format(1e-6, significantDigits: 3) == "1e-6")
    #expect(NumberText.format(9.9999e14, significantDigits: 2) == "1e+15")
    #expect(NumberText.format(1e23, significantDigits: 15) == "1e+23")
    #expect(NumberText.format(0, significantDigits: 3) == "0")
    #expect(NumberText.format(-0.0, significantDigits: 3) == "0")
    #expect(NumberText.format(.infinity, significantDigits: 3) == "inf")
    #expect(NumberText.format(-.infinity, significantDigits: 3) == "-inf")
    #expect(NumberText.format(.nan, significantDigits: 3) == "nan")
    #expect(NumberText.format(1.5, significantDigits: -7) == "2")
    #expect(NumberText.format(1.25, significantDigits: .max) == "1.25")
    #expect(NumberText.format(0.1, significantDigits: 15) == "0.1")
  }

  @Test("Ties of the decimal that a person sees go to the even digit")
  func ties() {
    #expect(NumberText.format(0.15, significantDigits: 1) == "0.2")
    #expect(NumberText.format(0.25, significantDigits: 1) == "0.2")
    #expect(NumberText.format(2.5, decimals: 0) == "2")
    #expect(NumberText.format(0.5, decimals: 0) == "0")
    #expect(NumberText.format(-1.005, decimals: 2) == "-1.00")
    #expect(NumberText.format(1.015, decimals: 2) == "1.02")
    #expect(NumberText.format(1.0150001, decimals: 2) == "1.02")
    #expect(NumberText.format(99.5, significantDigits: 2) == "100")
  }

  @Test("The extremes of the type print as they are")
  func extremes() {
    #expect(NumberText.format(.leastNonzeroMagnitude, significantDigits: 4) == "5e-324")
    #expect(NumberText.format(.leastNormalMagnitude, significantDigits: 4) == "2.225e-308")
    #expect(NumberText.format(-.greatestFiniteMagnitude, significantDigits: 4) == "-1.798e+308")
    #expect(NumberText.format(Double("1e-310") ?? .nan, significantDigits: 15) == "1e-310")
  }

  @Test("Significant digits agree with the C library's, for every exponent")
  func agreesWithPrintf() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<40_000 {
      let value = generator.anyFinite()
      // Nearer to the sixteen of a Double, the shortest decimal may be a tie that the binary value just misses.
      let digits = Int.random(in: 1...11, using: &generator)
      // Subnormals hold fewer digits than are printed; `extremes` covers them.
      guard value.isNormal else { continue }
      let text = NumberText.format(value, significantDigits: digits)
      let reference = String(format: "%.\(digits - 1)e", value)
      #expect(Double(text) == Double(reference), "\(value) to \(digits) digits: \(text)")
      if text.contains("e") { #expect(text.prefix { $0 != "e" }.filter(\.isNumber).count <= digits) }
    }
  }

  @Test("Fixed decimals agree with the C library's, digit for digit")
  func fixedAgreesWithPrintf() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<20_000 {
      let value = Double.random(in: -1...1, using: &generator) * pow(10, Double.random(in: -5...13, using: &generator))
      let places = Int.random(in: 0...9, using: &generator)
      guard abs(value) * pow(10, Double(places)) < 1e11 else { continue }
      let text = NumberText.format(value, decimals: places)
      let reference = String(format: "%.\(places)f", value)
      #expect(text == reference || (Double(text) == 0 && "-" + text == reference), "\(value) with \(places) decimals")
    }
  }

  @Test("Fixed decimals carry, keep their zeros, and never show a negative zero")
  func decimals() {
    #expect(NumberText.format(12.5, decimals: 2) == "12.50")
    #expect(NumberText.format(0.999, decimals: 2) == "1.00")
    #expect(NumberText.format(99.996, decimals: 2) == "100.00")
    #expect(NumberText.format(0.004, decimals: 2) == "0.00")
    #expect(NumberText.format(0.006, decimals: 2) == "0.01")
    #expect(NumberText.format(0, decimals: 1) == "0.0")
    #expect(NumberText.format(-0.001, decimals: 2) == "0.00")
    #expect(NumberText.format(-1.5, decimals: 0) == "-2")
    #expect(NumberText.format(1e14, decimals: 3) == "100000000000000.000")
    #expect(NumberText.format(1e300, decimals: 2) == "1e+300")
    #expect(NumberText.format(.nan, decimals: 2) == "nan")
    #expect(NumberText.format(-.infinity, decimals: 2) == "-inf")
    #expect(NumberText.format(.leastNonzeroMagnitude, decimals: 9) == "0.000000000")
    #expect(NumberText.format(1.25, decimals: .min) == "1")
    #expect(NumberText.format(1.25, decimals: .max) == "1.250000000")
  }

  @Test("Whole numbers are grouped by thousands")
  func groups() {
    #expect(NumberText.grouped(0) == "0")
    #expect(NumberText.grouped(999) == "999")
    #expect(NumberText.grouped(-1000) == "-1 000")
    #expect(NumberText.grouped(12_345_678) == "12 345 678")
    #expect(NumberText.grouped(.min) == "-9 223 372 036 854 775 808")
  }

  @Test("Powers of ten are exact to 22, and end in infinity and zero")
  func powers() {
    for exponent in 0...22 {
      #expect(NumberText.powerOfTen(exponent) == Double("1e\(exponent)"))
      #expect(NumberText.powerOfTen(-exponent) == Double("1e-\(exponent)"))
    }
    #expect(NumberText.powerOfTen(.max) == .infinity)
    #expect(NumberText.powerOfTen(.min) == 0)
  }
}
