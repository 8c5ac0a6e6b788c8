import Quantities
import ResultStore
import Testing

@testable import Experiments

/// What is stored of a validation.
@Suite struct ValidationSetTests {
  /// Rows whose errors are known: 0.01, -0.02, 0.03, …, the seventh without an interval that holds it.
  private static func rows(_ count: Int) -> [ValidationRow] {
    (1...count).map { (number: Int) -> ValidationRow in
      let isEven = number % 2 == 0
      let size = Double(1 << (number % 4 + 5))
      let error = Double(isEven ? -number : number) / 100
      return ValidationRow(
        line: number + 1, name: "line \(number + 1): a row", group: isEven ? "even" : "odd", size: size,
        measured: Seconds(Double(number) * 1e-6), error: error, isCovered: number % 7 != 0)
    }
  }

  private static func set(_ count: Int, seed: UInt64 = 1) throws -> ValidationSet {
    try #require(
      ValidationSet(
        key: "made-up", title: "made up, all shapes", kind: .outOfFold, source: "nowhere.csv, SHA-256 0; 1 row lost",
        sizeName: "tokens", goals: KernelValidation.coverageGoals + [ValidationSet.Goal("median error", atMost: 0.06)],
        rows: rows(count), seed: seed
      ) { $0.line == count + 1 ? "the last; of all" : "" })
  }

  @Test func figures() throws {
    let set = try Self.set(21)
    // Odd k are exp(0.01 k) - 1 too large, even ones 1 - exp(-0.01 k) too small: those of 1 to 10 are below that of 12, the
    // 11th, and that of 11 is above. The bias is the middle of -0.20, …, -0.02, 0.01, …, 0.21.
    #expect(abs(set.figures.median - 0.113080) < 1e-6)
    #expect(set.figures.bias == 0.01 && set.figures.rows == 21)
    #expect(set.figures.coverage == 18.0 / 21)
    #expect(set.goals.map { set.meets($0) } == [true, false, false])
    #expect(set.worst.count == 10 && set.worst.first?.name == "line 22: a row")
    #expect(set.worst.first?.reason == "the last; of all")
    #expect(set.parts.map(\.name) == ["even", "odd"] && set.parts.map(\.figures.rows) == [10, 11])
    #expect(set.bins.map(\.rows).reduce(0, +) == 21 && set.bins.allSatisfy { $0.quantiles == $0.quantiles.sorted() })
  }

  @Test("What is stored reads back the same")
  func roundTrip() throws {
    let set = try Self.set(450)
    let read = try ValidationSet(set.record)
    #expect(read == set)
    #expect(set.points.count == ValidationSet.pointCount)
    // What others measured and what was predicted are told apart.
    let times = set.record.metrics.filter { $0.name == "time" }
    #expect(Set(times.map(\.provenance)) == [.measured, .fitted] && times.count == 2 * (set.points.count + 10))
  }

  @Test("The sample depends on the seed alone")
  func sample() throws {
    #expect(try Self.set(450, seed: 1).points == Self.set(450, seed: 1).points)
    #expect(try Self.set(450, seed: 1).points != Self.set(450, seed: 2).points)
  }

  @Test("Results that are no sets are refused")
  func others() throws {
    var record = try Self.set(9).record
    record.metrics.removeAll { $0.scope.isEmpty && $0.name == "bias" }
    #expect(throws: ValidationRecordError.self) { try ValidationSet(record) }
    record = try Self.set(9).record
    record.options = "set=x"
    #expect(throws: ValidationRecordError.self) { try ValidationSet(record) }
    let none = ValidationSet(
      key: "none", title: "", kind: .unseen, source: "", sizeName: "", goals: [], rows: [], seed: 0
    ) { _ in "" }
    #expect(none == nil)
  }
}
