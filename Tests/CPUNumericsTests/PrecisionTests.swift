import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics

@Suite struct PrecisionTests {
  @Test(arguments: [NumberFormat.e4m3, .e5m2], BlockScaledFormat.Scale.allCases)
  func aBlockKeepsItsRelativePrecision(format: NumberFormat, scale: BlockScaledFormat.Scale) {
    var generator = SeededGenerator(seed: 3)
    let scaled = BlockScaledFormat(format, blockSize: 32, scale: scale)
    for magnitude in [Float(1e-20), 1e-3, 1, 1e10] {
      let numbers = (0..<100).map { _ in magnitude * Float.random(in: -1...1, using: &generator) }
      let rounded = scaled.round(numbers)
      for start in stride(from: 0, to: 100, by: 32) {
        let block = start..<min(start + 32, 100)
        let largest = numbers[block].map { abs($0) }.max() ?? 0
        let unit = scaled.scale(ofLargest: largest)
        for place in block {
          // Half a step of a normal number, or of the smallest subnormal one.
          let smallest = Float(sign: .plus, exponent: 2 - (1 << (format.exponentBits - 1)), significand: 1) * unit
          let bound =
            max(abs(numbers[place]), smallest)
            * Float(sign: .plus, exponent: -format.significandBits - 1, significand: 1)
          #expect(abs(rounded[place] - numbers[place]) <= bound * 1.0001)
        }
      }
      #expect(rounded.allSatisfy { $0.isFinite })
    }
  }

  @Test func aBlockOfZerosStaysOne() {
    #expect(BlockScaledFormat(.e4m3, blockSize: 4).round([0, 0, 0, 0, 1]) == [0, 0, 0, 0, 1])
  }

  @Test(arguments: PrecisionCase.Order.allCases)
  func fullPrecisionIsNearAndBf16IsNot(order: PrecisionCase.Order) throws {
    let study = PrecisionStudy(shape: AttentionShape(queryHeads: 2, kvHeads: 2, keyDim: 16))
    let fine = try study.run(
      PrecisionCase(order: order, ranks: 8, tokens: 500, format: .fp32, partialType: .fp32, seed: 1))
    #expect(fine.worst < 1e-5)
    #expect(fine.storage == 0)
    let coarse = try study.run(
      PrecisionCase(order: order, ranks: 8, tokens: 500, format: .bf16, partialType: .bf16, seed: 1))
    #expect(coarse.arithmetic > 1e-4)
    #expect(coarse.arithmetic < 0.1)
    #expect(coarse.storage > 1e-4)
    let accumulated = try study.run(
      PrecisionCase(order: order, ranks: 8, tokens: 500, format: .bf16, partialType: .fp32, seed: 1))
    #expect(accumulated.arithmetic < coarse.arithmetic)
  }

  @Test func aRingOfNarrowStatesLosesMoreAsItGrows() throws {
    let study = PrecisionStudy(shape: AttentionShape(queryHeads: 2, kvHeads: 2, keyDim: 16))
    func error(_ order: PrecisionCase.Order, _ ranks: Int) throws -> Double {
      try study.run(
        PrecisionCase(order: order, ranks: ranks, tokens: 640, format: .bf16, partialType: .bf16, seed: 2)
      ).arithmetic
    }
    #expect(try error(.ring, 32) > 2 * error(.ring, 2))
    #expect(try error(.tree, 32) < error(.ring, 32))
  }
}
