import TestSupport
import Testing

@testable import Simulation

@Suite struct GrainsTests {
  @Test func ratesThatFitComeBackAsTheyWere() {
    var generator = SeededGenerator(seed: 1)
    for exponent in -300...300 {
      let largest = Double(sign: .plus, exponent: exponent, significand: Double.random(in: 1..<2, using: &generator))
      let grains = Grains(largest: largest)
      for shift in 0...47 {
        let rate = Double(
          sign: .plus, exponent: exponent - shift, significand: Double.random(in: 1..<2, using: &generator))
        #expect(grains.rate(grains.count(rate)) == rate)
      }
    }
  }

  @Test func sharesOfGrainsAreRoundedDown() {
    var generator = SeededGenerator(seed: 2)
    for bits in 0..<126 {
      let whole = Int128(1) << Int128(bits)
      for count: Int32 in [1, 2, 3, 7, 1000, .max] {
        let level = whole + Int128(Int64.random(in: 0...Int64.max, using: &generator)) % whole
        #expect(level.share(among: count) == level / Int128(count))
      }
    }
    #expect(Int128.zero.share(among: 3) == 0)
  }

  @Test func sharesAreRoundedToNearest() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<20_000 {
      let capacity = Double.random(in: 1...1e12, using: &generator)
      let grains = Grains(largest: capacity)
      let count = Int.random(in: 1...5000, using: &generator)
      #expect(grains.rate(grains.count(capacity) / Int128(count)) == capacity / Double(count))
    }
  }

  @Test func noRateIsRoundedToNone() {
    let grains = Grains(largest: 1e12)
    #expect(grains.count(1e-30) == 1)
  }
}
