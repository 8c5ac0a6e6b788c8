import Experiments
import Foundation
import Quantities
import Testing

@testable import Reporting
@testable import ResultStore

@Suite struct ReportTests {
  private func stored(_ id: Int64, _ run: RunRecord, _ inputs: [InputRecord], _ results: [ResultRecord]) -> StoredRun {
    StoredRun(id: id, run: run, inputs: inputs, results: results)
  }

  // MARK: Grids

  @Test("A grid has a row for each cell, the fastest of it, and a mark where memory is too small")
  func grid() throws {
    let topology = try Samples.topology(devices: 4, capacity: "200 kB")
    let cells = try [(2, 100), (2, 10_000), (4, 100)].map { ranks, tokens in
      let experiment = Samples.experiment(tokens: tokens, ranks: ranks, on: topology)
      return (experiment, try [AlgorithmChoice.tree, .ring].map { try experiment.run($0) })
    }
    let lines = GridReport(model: Samples.model, cells: cells).lines
    #expect(lines[0] == "small, block, bf16, batch 1: one decode step of one layer, simulated")
    #expect(
      lines[2].split(separator: " ").joined(separator: " ")
        == "ranks tokens tree step ring step tree peak ring peak fastest ahead by")
    let rows = lines[4...6].map { $0.split(separator: " ").map(String.init) }
    #expect(rows.map { $0[0] } == ["2", "2", "4"])
    #expect(rows.map { $0[1] } == ["100", "10k", "100"])
    #expect(!lines[4].contains("!") && lines[5].contains("!") && !lines[6].contains("!"))
    for (row, cell) in zip(rows, cells) {
      let (tree, ring) = (cell.1[0].figures.makespan, cell.1[1].figures.makespan)
      #expect(row.contains(tree <= ring ? "tree" : "ring"))
      #expect(row.joined(separator: " ").contains(tree.description))
      let factor = max(tree, ring) / min(tree, ring)
      #expect(row.suffix(2) == [NumberText.format(factor, significantDigits: 3), "x"])
    }
    #expect(lines.last?.hasPrefix("! does not fit") == true)
  }

  @Test("A grid of one algorithm compares nothing, and an empty one is empty")
  func gridOfOne() throws {
    let topology = try Samples.topology(devices: 2)
    let experiment = Samples.experiment(tokens: 100, ranks: 2, on: topology)
    let lines = GridReport(model: Samples.model, cells: [(experiment, [try experiment.run(.ring)])]).lines
    #expect(!lines.joined().contains("fastest"))
    #expect(!lines.joined().contains("!"))
    #expect(GridReport(model: Samples.model, cells: []).lines.isEmpty)
  }

  @Test("A step's report is within the width with names of any length")
  func stepWidth() throws {
    let topology = try Samples.topology(devices: 4, name: "cluster-" + String(repeating: "long", count: 40))
    let experiment = Samples.experiment(tokens: 12_345, ranks: 3, on: topology)
    let outcomes = try AlgorithmChoice.allCases.map { try experiment.run($0) }
    for count in 1...outcomes.count {
      let lines = StepReport(experiment: experiment, model: Samples.model, outcomes: Array(outcomes.prefix(count)))
        .lines
      #expect(lines.allSatisfy { $0.count <= 100 })
      for outcome in outcomes.prefix(count) { #expect(lines.joined().contains(outcome.figures.makespan.description)) }
    }
    let grid = GridReport(model: Samples.model, cells: [(experiment, outcomes)]).lines
    #expect(grid.dropFirst().allSatisfy { $0.count <= 100 })
  }

  // MARK: Stored runs

  @Test("A stored run shows its settings, and every figure but those of single ranks")
  func storedRun() {
    let results = [
      Samples.result("tree", seconds: 85.2e-6, bytes: 1000),
      Samples.result("ring", seconds: 1, bytes: 4, status: .doesNotFit),
    ]
    let run = stored(
      9, Samples.run(note: String(repeating: "remark ", count: 30)), [Samples.topology("1 GB/s")], results)
    let lines = StoredRunReport(run: run, showsInputs: false).lines
    #expect(lines[0] == "run       9, simulate, 2025-01-31T23:59:59Z, treeline 0.1.0")
    #expect(lines.contains("tokens    1k") && lines.contains("batch     2") && lines.contains("seed      7"))
    #expect(lines.contains("ranks     4") && lines.contains("dtype     bf16"))
    #expect(lines.allSatisfy { $0.count <= 100 && $0.last != " " })
    #expect(lines.contains("tree: some options") && lines.contains("ring: some options, does not fit"))
    #expect(lines.contains { $0.hasPrefix("step time") && $0.hasSuffix("85.2 µs   simulated") })
    #expect(!lines.contains { $0.contains("rank 0") })
    #expect(lines.count { $0.hasPrefix("(2 figures of single ranks") } == 2)
    #expect(!lines.contains("links:"))
    #expect(StoredRunReport(run: run, showsInputs: true).lines.suffix(7).contains("    bandwidth: 1 GB/s"))
  }

  // MARK: Comparisons

  private func compare(_ first: StoredRun, _ second: StoredRun, all: Bool = false) -> ComparisonReport {
    ComparisonReport(first: first.id, second: second.id, comparison: RunComparison(first, second), showsAll: all)
  }

  private func row(_ lines: [String], _ name: String) -> String? {
    lines.first { $0.hasPrefix("  " + name) }
  }

  @Test("A comparison shows what differs going in and coming out")
  func comparison() throws {
    let first = stored(
      1, Samples.run(), [Samples.topology("1 GB/s")], [Samples.result("tree", seconds: 1e-3, bytes: 1000)])
    let second = stored(
      2, Samples.run(tokens: 2000, note: "again"), [Samples.topology("2 GB/s")],
      [Samples.result("tree", seconds: 0.5e-3, bytes: 4000)])
    let report = compare(first, second)
    let lines = report.lines
    #expect(lines[0] == "Run 1 against run 2")
    #expect(lines.contains("  - 1000") && lines.contains("  + 2000") && lines.contains("  + again"))
    #expect(lines.contains { $0.hasPrefix("  - ") && $0.hasSuffix("bandwidth: 1 GB/s") })
    #expect(lines.contains { $0.hasPrefix("  + ") && $0.hasSuffix("bandwidth: 2 GB/s") })
    #expect(!lines.contains { $0.contains("latency") })
    #expect(row(lines, "step time")?.hasSuffix("x 0.5") == true)
    #expect(row(lines, "bytes sent, all ranks")?.hasSuffix("x 4") == true)
    // Equal, or of one rank.
    #expect(row(lines, "messages") == nil)
    #expect(row(lines, "bytes sent, rank 0") == nil)
    #expect(lines.last?.hasPrefix("(3 more") == true)
    #expect(lines.allSatisfy { $0.count <= 100 && $0.last != " " })
    let all = compare(first, second, all: true).lines
    #expect(row(all, "messages") != nil && row(all, "bytes sent, rank 0") != nil)
    #expect(report.csvLines.count == 3)
    #expect(report.csvLines[1] == "tree,step time,,s,0.001,simulated,0.0005,simulated,0.5")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
    #expect((object["metrics"] as? [Any])?.count == 2)
    #expect((object["inputs"] as? [[String: Any]])?.first?["name"] as? String == "topology")
    #expect((object["settings"] as? [[String: Any]])?.map { $0["name"] as? String } == ["tokens", "note"])
  }

  @Test("Equal runs differ in nothing; one that lacks an algorithm shows a dash")
  func equalAndLacking() {
    let results = [Samples.result("tree", seconds: 1, bytes: 10), Samples.result("ring", seconds: 2, bytes: 20)]
    let first = stored(1, Samples.run(), [Samples.topology("x")], results)
    let second = stored(2, Samples.run(), [Samples.topology("x")], results)
    #expect(compare(first, second).lines.contains("The inputs are the same."))
    #expect(compare(first, second).lines.last == "No metric differs.")
    let third = stored(3, Samples.run(), [Samples.topology("x")], [results[0]])
    let lines = compare(first, third).lines
    #expect(row(lines, "step time")?.split(separator: " ").last == "-")
    #expect(lines.contains("ring"))
  }

  @Test("Commands, notes and values of any length stay within the width and move no cursor")
  func width() {
    let long = String(repeating: "--set links.wire.bandwidth=800Gb/s ", count: 12) + String(repeating: "x", count: 250)
    let first = stored(
      1, Samples.run(note: "\u{1B}[31mred\nnew line", command: long), [Samples.topology("1")],
      [Samples.result(String(repeating: "label", count: 30), seconds: 1, bytes: 1)])
    let second = stored(
      2, Samples.run(command: "treeline"), [Samples.topology(String(repeating: "2", count: 200))],
      [Samples.result("tree", seconds: 2, bytes: 4)])
    for lines in [
      compare(first, second).lines, compare(first, second, all: true).lines,
      StoredRunReport(run: first, showsInputs: false).lines,
    ] {
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(lines.first { $0.count > 100 } ?? "")")
      #expect(lines.joined().unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
  }
}
