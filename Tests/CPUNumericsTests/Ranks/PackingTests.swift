import Programs
import Quantities
import TestSupport
import Testing

@testable import CPUNumerics

/// Numbers as they travel: as many bytes as their type has, and the same numbers when they arrive.
@Suite struct PackingTests {
  @Test(arguments: [NumberFormat.bf16, .fp16, .e4m3, .e5m2])
  func everyCodeComesBack(format: NumberFormat) {
    // Expectations cost more than what is expected.
    let wrong = (0..<UInt32(1) << UInt32(1 + format.exponentBits + format.significandBits)).filter { bits in
      let number = format.number(ofBits: bits)
      let again = format.bits(of: number)
      return number.isNaN ? !format.number(ofBits: again).isNaN : format.round(number) != number || again != bits
    }
    #expect(wrong.isEmpty)
  }

  @Test func codesAreThoseOfTheFormats() {
    #expect(NumberFormat.bf16.bits(of: 1) == 0x3F80)
    #expect(NumberFormat.bf16.bits(of: -.infinity) == 0xFF80)
    #expect(NumberFormat.fp16.bits(of: -2) == 0xC000)
    #expect(NumberFormat.fp16.bits(of: 65504) == 0x7BFF)
    #expect(NumberFormat.fp16.bits(of: 0x1p-24) == 1)
    #expect(NumberFormat.fp16.bits(of: -0.0) == 0x8000)
    #expect(NumberFormat.e4m3.bits(of: 448) == 0x7E)
    #expect(NumberFormat.e4m3.bits(of: .infinity) == 0x7F)
    #expect(NumberFormat.e5m2.bits(of: .infinity) == 0x7C)
  }

  @Test(arguments: DataType.allCases)
  func packingRoundsOnceAndTakesTheTypesBytes(type: DataType) {
    var generator = SeededGenerator(seed: 5)
    let numbers =
      (0..<2000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
      .filter { !$0.isNaN } + [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    let bytes = PackedNumbers.pack(numbers, as: type)
    #expect(bytes.count == numbers.count * type.size)
    for (found, number) in zip(PackedNumbers.unpack(bytes, as: type), numbers) {
      let expected = NumberFormat(type).round(number)
      #expect(found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN, "\(number) as \(type)")
    }
    #expect(PackedNumbers.pack(PackedNumbers.unpack(bytes, as: type), as: type) == bytes)
  }

  @Test func bytesAreThoseOfACache() throws {
    var generator = SeededGenerator(seed: 6)
    let numbers = (0..<500).map { _ in Float.random(in: -3...3, using: &generator) }
    for type in [DataType.fp32, .bf16, .fp16] {
      let cache = try CacheElements(numbers, as: type).withBytes { Array($0) }
      #expect(PackedNumbers.pack(numbers, as: type) == cache)
    }
  }

  @Test(arguments: Reduction.allCases, [DataType.fp32, .bf16])
  func aPackedReductionIsThatOfTheKernels(reduction: Reduction, type: DataType) {
    var generator = SeededGenerator(seed: 7)
    let (width, heads) = (5, 4)
    func states() -> [Float] {
      (0..<heads).flatMap { head -> [Float] in
        // One head of no keys.
        let state = SoftmaxState<Float>(
          maximum: head == 1 ? -.infinity : Float.random(in: -4...4, using: &generator),
          denominator: head == 1 ? 0 : Float.random(in: 1...9, using: &generator),
          numerators: (0..<width).map { _ in head == 1 ? 0 : Float.random(in: -2...2, using: &generator) })
        return (state.numerators + [state.maximum, state.denominator]).map(NumberFormat(type).round)
      }
    }
    let (first, second) = (states(), states())
    let unit = reduction == .onlineSoftmax ? width + 2 : 1
    var bytes = PackedNumbers.pack(first, as: type)
    PackedNumbers.pack(second, as: type).withUnsafeBytes { source in
      bytes.withUnsafeMutableBytes {
        PackedReduction(reduction: reduction, type: type, elementsPerUnit: unit).combine(source, into: $0)
      }
    }
    var expected: [Float] = []
    switch reduction {
    case .maximum: expected = zip(first, second).map { max($0, $1) }
    case .sum: expected = zip(first, second).map { $0 + $1 }
    case .onlineSoftmax:
      for start in stride(from: 0, to: first.count, by: unit) {
        func state(_ packed: [Float]) -> SoftmaxState<Float> {
          SoftmaxState(
            maximum: packed[start + width], denominator: packed[start + width + 1],
            numerators: Array(packed[start..<start + width]))
        }
        var merged = state(first)
        merged.merge(state(second))
        expected += merged.numerators + [merged.maximum, merged.denominator]
      }
    }
    #expect(PackedNumbers.unpack(bytes, as: type) == expected.map(NumberFormat(type).round))
  }
}
