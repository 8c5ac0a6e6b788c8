import CAttention
import Foundation
import RealModule
import Testing

@testable import CPUNumerics

/// The parts of the kernels: the exponential, the formats, the loop over threads.
@Suite struct KernelTests {
  static func exponentials(_ numbers: [Float], _ variant: KernelVariant) -> [Float] {
    var results = [Float](repeating: -1, count: numbers.count)
    treeline_exp(variant.rawValue, numbers, &results, numbers.count)
    return results
  }

  @Test(arguments: KernelVariant.available)
  func theExponentialIsWithinAUnitInTheLastPlace(variant: KernelVariant) {
    // Every exponent and sign, with a stride that meets all low bits in turn; the count is no multiple of a vector.
    var numbers = (0..<193_000).map { Float($0 - 104_000) / 1000 }
    for bits in stride(from: UInt32(0), to: .max, by: 10_007) {
      let number = Float(bitPattern: bits)
      if number > -104 && number < 89 { numbers.append(number) }
    }
    var worst = 0.0
    for (number, found) in zip(numbers, Self.exponentials(numbers, variant)) {
      let exact = Double.exp(Double(number))
      let nearest = Float(exact)
      if nearest.isInfinite || found.isInfinite {
        // Around the largest number either is right, but nothing in between is.
        #expect(abs(number - 88.722_84) < 1e-4 || (nearest.isInfinite && found.isInfinite), "\(number)")
      } else {
        worst = max(worst, abs(Double(found) - exact) / Double(nearest.ulp))
      }
    }
    #expect(worst < 1.1 && worst > 0.5, "\(worst) units in the last place")
  }

  @Test(arguments: KernelVariant.available)
  func theExponentialAtTheEnds(variant: KernelVariant) {
    let found = Self.exponentials([-.infinity, -1e30, -105, 0, -0.0, 90, 1e30, .infinity, .nan], variant)
    #expect(found[0..<3] == [0, 0, 0] && found[3..<5] == [1, 1])
    #expect(found[5..<8] == [.infinity, .infinity, .infinity] && found[8].isNaN)
  }

  @Test(arguments: KernelVariant.available)
  func everyNumberOfTheShortFormatsIsReadExactly(variant: KernelVariant) {
    let bits = (0...UInt16.max).map { $0 }
    for elements in [CacheElements.bf16(bits), .fp16(bits)] {
      var results = [Float](repeating: -1, count: bits.count)
      elements.withBytes { treeline_widen(variant.rawValue, elements.kernelType, $0.baseAddress, &results, bits.count) }
      for (found, expected) in zip(results, elements.numbers) {
        #expect(found.bitPattern == expected.bitPattern || (found.isNaN && expected.isNaN))
      }
    }
  }

  @Test func roundingGivesTheBitsBack() throws {
    let bits = (0...UInt16.max).map { $0 }
    for elements in [CacheElements.bf16(bits), .fp16(bits)] {
      let numbers = elements.numbers
      let again = try CacheElements(numbers, as: elements.kernelType == Int32(treeline_bf16) ? .bf16 : .fp16).numbers
      for (one, other) in zip(numbers, again) {
        #expect(one.bitPattern == other.bitPattern || (one.isNaN && other.isNaN))
      }
    }
    #expect(
      try CacheElements([1, 0.1, 65504, 65520, 1e-8, -2], as: .fp16)
        == .fp16([0x3C00, 0x2E66, 0x7BFF, 0x7C00, 0, 0xC000]))
    #expect(try CacheElements([1, 0.1, -2], as: .bf16) == .bf16([0x3F80, 0x3DCD, 0xC000]))
  }

  @Test(arguments: [1, 2, 3, 7])
  func everyTurnIsTakenOnce(jobs: Int) {
    for count in [0, 1, 2, 500] {
      var turns = [Int](repeating: 0, count: count)
      turns.withUnsafeMutableBufferPointer { turns in
        nonisolated(unsafe) let turns = turns
        ParallelLoop(jobs: jobs).run(count) { turns[$0] += 1 }
      }
      #expect(turns.allSatisfy { $0 == 1 })
    }
  }
}
