import Quantities
import Testing

@testable import CPUNumerics

@Suite struct DeviceReferenceTests {
  private func numbers(_ count: Int, _ seed: UInt64) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-52 - 1
    }
  }

  @Test("The exact result is within, rounded to its format too, and what is off by thrice the bound is not")
  func excess() {
    for type in [DataType.bf16, .fp16] {
      let format = NumberFormat(type)
      let reference = DeviceReference(
        query: numbers(8, 1), keys: numbers(8 * 37, 2), values: numbers(6 * 37, 3), operand: format)
      #expect(reference.output.count == 6)
      let lse = Float(reference.logSumExp)
      #expect(reference.excess(reference.output.map { Float($0) }, in: .fp32, lse) < 0.01)
      #expect(reference.excess(reference.output.map { format.round(Float($0)) }, in: format, lse) < 1)
      for place in 0..<6 {
        var found = reference.output.map { Float($0) }
        found[place] += Float(3 * reference.outputBounds[place])
        let share = reference.excess(found, in: .fp32, lse)
        #expect(share > 2.5 && share < 3.5)
        found[place] = .nan
        #expect(reference.excess(found, in: .fp32, lse) == .infinity)
      }
      let off = Float(reference.logSumExp + 3 * reference.logSumExpBound)
      #expect(reference.excess(reference.output.map { Float($0) }, in: .fp32, off) > 2)
      #expect(reference.excess(reference.output.dropLast().map { Float($0) }, in: .fp32, lse) == .infinity)
    }
  }

  @Test("A key that is left out is far out of bounds")
  func missesOneKey() {
    let (query, keys, values) = (numbers(8, 1), numbers(8 * 64, 2), numbers(8 * 64, 3))
    let whole = DeviceReference(query: query, keys: keys, values: values, operand: .bf16)
    let less = DeviceReference(
      query: query, keys: Array(keys.dropLast(8)), values: Array(values.dropLast(8)), operand: .bf16)
    let share = whole.excess(less.output.map { Float($0) }, in: .fp32, Float(less.logSumExp))
    #expect(share > 1)
  }

  @Test("Scales widen bounds by a few roundings, and not by more")
  func scales() {
    let (query, keys, values) = (numbers(64, 1), numbers(64 * 37, 2), numbers(64 * 37, 3))
    let plain = DeviceReference(query: query, keys: keys, values: values, operand: .bf16)
    let scaled = DeviceReference(query: query, keys: keys, values: values, operand: .bf16, smallestScale: 0x1p-6)
    #expect(scaled.output == plain.output)
    for (bound, wider) in zip(plain.outputBounds, scaled.outputBounds) { #expect(bound < wider && wider < 1.1 * bound) }
    #expect(plain.logSumExpBound < scaled.logSumExpBound && scaled.logSumExpBound < 1.1 * plain.logSumExpBound)
  }

  @Test("Roundoffs are those of the formats")
  func roundoffs() {
    #expect(NumberFormat.fp32.roundoff == 0x1p-24)
    #expect(NumberFormat.bf16.roundoff == 0x1p-8)
    #expect(NumberFormat.fp16.roundoff == 0x1p-11)
    #expect(NumberFormat.fp32.tiniest == 0x1p-150)
    #expect(NumberFormat.bf16.tiniest == 0x1p-134)
    #expect(NumberFormat.fp16.tiniest == 0x1p-25)
  }
}
