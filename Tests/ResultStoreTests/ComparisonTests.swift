import Foundation
import Quantities
import TestSupport
import Testing

@testable import ResultStore

@Suite struct ComparisonTests {
  private func stored(
    _ results: [ResultRecord], inputs: [InputRecord] = [Sample.topology, Sample.model], run: RunRecord = Sample.run
  ) -> StoredRun {
    StoredRun(id: 1, run: run, inputs: inputs, results: results)
  }

  @Test func differencesAndRatios() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let inputs = [Sample.topology, Sample.model]
    let faster = InputRecord(
      hash: String(repeating: "d", count: 64), kind: "topology", name: "dgx-xdr",
      text: "name: dgx\nnodes: 2\nlink: xdr\n")
    var run = Sample.run
    let first = try database.save(run: run, inputs: inputs, results: Sample.results(time: 2, bytes: .max))
    run.topologyHash = faster.hash
    run.tokens = 2_000_000
    var results = Sample.results(time: 0.5, bytes: .max - 1)
    results[0].options = "{}"
    results[0].metrics.append(MetricRecord(name: "messages", value: .integer(3), unit: "", provenance: .simulated))
    results.removeLast()
    let second = try database.save(run: run, inputs: [faster, Sample.model], results: results)

    let comparison = try database.compare(first, second)
    #expect(comparison.metrics.map(\.label) == ["tree", "tree", "tree", "ring"])
    #expect(comparison.metrics.map(\.name) == ["step time", "bytes sent", "messages", "step time"])
    #expect(comparison.metrics.map(\.ratio) == [0.25, 1, nil, nil])
    #expect(comparison.metrics.map(\.difference) == [.real(-1.5), .integer(-1), nil, nil])
    #expect(comparison.metrics[2].first == nil)
    #expect(comparison.metrics[2].second?.value == .integer(3))
    #expect(comparison.metrics[3].second == nil)
    #expect(comparison.inputs.map(\.first) == [Sample.topology])
    #expect(comparison.inputs.map(\.second) == [faster])
    #expect(comparison.inputs[0].diff.description == "-link: ndr\n+link: xdr")
    #expect(
      comparison.settings == [
        .init(name: "tokens", first: "1000000", second: "2000000"),
        .init(name: "tree: options", first: #"{"reduce":"ring"}"#, second: "{}"),
        .init(name: "ring: status", first: "does not fit", second: nil),
      ])

    let same = try database.compare(first, first)
    #expect(same.inputs.isEmpty && same.settings.isEmpty)
    #expect(same.metrics.allSatisfy { $0.ratio == 1 && $0.difference?.real == 0 })
  }

  @Test func aMeasuredFigureStandsBesideASimulatedOne() {
    func run(_ provenances: [Provenance]) -> StoredRun {
      stored([
        ResultRecord(
          label: "tree", algorithm: "tree", options: "",
          metrics: provenances.map { MetricRecord(name: "step time", value: Seconds(1), provenance: $0) })
      ])
    }
    func pairs(_ first: [Provenance], _ second: [Provenance]) -> [[Provenance?]] {
      RunComparison(run(first), run(second)).metrics.map { [$0.first?.provenance, $0.second?.provenance] }
    }
    #expect(pairs([.simulated], [.measured]) == [[.simulated, .measured]])
    #expect(
      pairs([.simulated, .closedForm], [.measured, .closedForm]) == [
        [.simulated, .measured], [.closedForm, .closedForm],
      ])
    #expect(
      pairs([.simulated, .closedForm], [.measured]) == [[.simulated, nil], [.closedForm, nil], [nil, .measured]])
    #expect(pairs([], [.measured]) == [[nil, .measured]])
  }

  @Test func unlikeUnitsAndZeroesHaveNoRatio() {
    func run(_ value: MetricValue, _ unit: String) -> StoredRun {
      stored([
        ResultRecord(
          label: "a", algorithm: "a", options: "",
          metrics: [MetricRecord(name: "m", value: value, unit: unit, provenance: .measured)])
      ])
    }
    let units = RunComparison(run(.real(1), "s"), run(.real(1), "ms")).metrics[0]
    #expect(units.ratio == nil && units.difference == nil && units.first != nil && units.second != nil)
    let zero = RunComparison(run(.integer(0), "B"), run(.integer(5), "B")).metrics[0]
    #expect(zero.ratio == nil && zero.difference == .integer(5))
    let overflow = RunComparison(run(.integer(.min), "B"), run(.integer(.max), "B")).metrics[0]
    #expect(overflow.difference == .real(0x1p64))
  }

  @Test func equalLabelsPairInOrder() {
    func result(_ value: Int64) -> ResultRecord {
      ResultRecord(
        label: "ring", algorithm: "ring", options: "",
        metrics: [MetricRecord(name: "m", value: .integer(value), unit: "", provenance: .measured)])
    }
    let rows = RunComparison(stored([result(1), result(2)]), stored([result(10), result(20), result(30)])).metrics
    #expect(rows.map { $0.first?.value } == [.integer(1), .integer(2), nil])
    #expect(rows.map { $0.second?.value } == [.integer(10), .integer(20), .integer(30)])
  }

  @Test(arguments: 0..<300)
  func aDiffGivesBothTextsAndIsShortest(seed: Int) {
    var random = SeededGenerator(seed: seed)
    func text() -> String {
      (0..<Int.random(in: 0...9, using: &random)).map { _ in
        ["a", "b", "c", "", "\r", "é"].randomElement(using: &random) ?? ""
      }
      .joined(separator: "\n")
    }
    let (old, new) = (text(), text())
    let diff = LineDiff(from: old, to: new)
    #expect(diff.lines.filter { $0.change != .added }.map(\.text).joined(separator: "\n") == old)
    #expect(diff.lines.filter { $0.change != .removed }.map(\.text).joined(separator: "\n") == new)
    func lines(_ text: String) -> [[UInt8]] {
      text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    }
    #expect(diff.lines.count { $0.change != .common } == lines(new).difference(from: lines(old)).count)
  }

  @Test func hugeTextsThatShareNothingAreStillCompared() {
    let old = (0..<5000).map { "a\($0)" }.joined(separator: "\n")
    let new = (0..<5000).map { "b\($0)" }.joined(separator: "\n")
    let diff = LineDiff(from: "same\n" + old + "\nend", to: "same\n" + new + "\nend")
    #expect(diff.lines.count { $0.change == .common } == 2)
    #expect(diff.lines.count == 10_002)
  }
}
