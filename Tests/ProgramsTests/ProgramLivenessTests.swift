import Quantities
import TestSupport
import Testing

@testable import Programs

@Suite struct ProgramLivenessTests {
  @Test func workThatReachesNoResultIsTold() {
    var (builder, wholes) = ProgramAuditTests.pair()
    func part(_ rank: Int, _ range: Range<Int64>) -> Slice { ProgramAuditTests.part(wholes[rank], range) }
    let copy = ProgramAuditTests.copy
    let used = builder.compute(copy, rank: 0, operands: [part(0, 0..<4), part(0, 4..<8)])
    let overwritten = builder.compute(copy, rank: 0, operands: [part(0, 0..<4), part(0, 8..<12)])
    let again = builder.compute(copy, rank: 0, operands: [part(0, 4..<8), part(0, 8..<12)])
    let unread = builder.compute(copy, rank: 0, operands: [part(0, 0..<4), part(0, 12..<16)])
    let moved = builder.transfer(part(0, 8..<12), to: part(1, 0..<4), sendAfter: .one(again))
    let program = builder.build()
    let liveness = ProgramLiveness(program, ProgramGraph(program), results: [part(1, 0..<2)])
    let reaching = [used, again, moved.send, moved.receive]
    for operation in [used, overwritten, again, unread, moved.send, moved.receive] {
      #expect(liveness.reachesResult[Int(operation.index)] == reaching.contains(operation), "\(operation)")
    }
  }

  @Test(arguments: 1...40) func intervalSetsAreSetsOfNumbers(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    var (set, model) = (IntervalSet(), Set<Int64>())
    for _ in 0..<60 {
      let start = Int64.random(in: 0..<40, using: &generator)
      let range = start..<start + Int64.random(in: 0..<12, using: &generator)
      if Bool.random(using: &generator) {
        set.insert(range)
        model.formUnion(range)
      } else {
        set.remove(range)
        model.subtract(range)
      }
      for element in Int64(0)..<55 { #expect(set.overlaps(element..<element + 1) == model.contains(element)) }
    }
  }
}
