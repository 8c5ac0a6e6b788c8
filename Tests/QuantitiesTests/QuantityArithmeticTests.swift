import Quantities
import TestSupport
import Testing

@Suite("Arithmetic of quantities")
struct QuantityArithmeticTests {
  @Test("Sizes add and multiply exactly")
  func exact() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<2_000 {
      let left = Int64.random(in: -(1 << 60)...(1 << 60), using: &generator)
      let right = Int64.random(in: -(1 << 60)...(1 << 60), using: &generator)
      let factor = Int.random(in: -3...3, using: &generator)
      #expect((Bytes(left) + Bytes(right)).count == left + right)
      #expect((Bytes(left) - Bytes(right)).count == left - right)
      #expect((Bytes(left) * factor).count == left * Int64(factor))
      var sum = Bytes(left)
      sum += Bytes(right)
      #expect(sum.count == left + right)
      #expect((Bytes(left) < Bytes(right)) == (left < right))
    }
  }

  @Test("Sizes past the type's end stop at it instead of trapping")
  func saturates() throws {
    let huge = try Bytes(parsing: "9000 PB")
    #expect((huge + huge).count == .max)
    #expect((Bytes(0) - huge - huge).count == .min)
    #expect((huge * 1_000_000).count == .max)
    #expect((huge * -1_000_000).count == .min)
    #expect((huge * .min).count == .min)
    #expect((Bytes(.min) * -1).count == .max)
    #expect((huge * 0).count == 0)
    var sum = huge
    sum += huge
    #expect(sum.count == .max)
    var debt = Bytes(-9_000_000_000_000_000_000)
    debt += debt
    #expect(debt.count == .min)
  }

  @Test("Token counts order exactly, past the precision of a Double too")
  func tokenOrder() {
    let base = 1 << 53
    #expect(TokenCount(base) < TokenCount(base + 1))
    #expect(!(TokenCount(base + 1) < TokenCount(base)))
  }

  @Test("A size over a rate is a time, work over its rate too")
  func times() {
    #expect((Bytes(80_000_000_000) / BytesPerSecond(3.2e12)).seconds == 0.025)
    #expect((FLOPs(1e12) / FLOPsPerSecond(1e15)).seconds == 1e-3)
    #expect(Bytes(3) / Bytes(2) == 1.5)
  }
}
