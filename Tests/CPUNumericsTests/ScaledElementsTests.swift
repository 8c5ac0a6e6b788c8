import Testing

@testable import CPUNumerics

@Suite struct ScaledElementsTests {
  @Test("Every code is the code of its number, and numbers are those of E4M3")
  func codes() {
    for code in UInt8.min...UInt8.max where code & 0x7F != 0x7F {
      let number = ScaledElements.number(code)
      #expect(ScaledElements.code(number) == code)
      #expect(NumberFormat.e4m3.round(number) == number)
    }
    #expect(ScaledElements.number(0x7E) == 448)
    #expect(ScaledElements.number(0x01) == 0x1p-9)
    #expect(ScaledElements.number(0x7F).isNaN)
    #expect(ScaledElements.code(.nan) == 0x7F)
  }

  @Test("What is stored is what the block-scaled format rounds to, in whole blocks and a short one")
  func rounds() {
    let numbers = (0..<300).map { (place: Int) -> Float in
      let number = Float(place * 7919 % 601 - 300)
      return place < 128 ? number : number * 0x1p-20
    }
    let stored = ScaledElements(numbers)
    #expect(stored.scales.count == 3)
    #expect(stored.byteCount == 300 + 12)
    let rounded = BlockScaledFormat(.e4m3, blockSize: 128).round(numbers)
    #expect(stored.numbers(0..<300).map { Float($0) } == rounded)
    #expect(stored.numbers(130..<140) == Array(stored.numbers(0..<300)[130..<140]))
    #expect(stored.smallestScale == stored.scales.min())
    let zeros = ScaledElements([Float](repeating: 0, count: 5))
    #expect(zeros.scales == [1])
    #expect(zeros.numbers(0..<5) == [0, 0, 0, 0, 0])
  }
}
