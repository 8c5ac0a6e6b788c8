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
