import Foundation
import GRDB
import Quantities
import TestSupport
import Testing

@testable import ResultStore

@Suite struct RoundTripTests {
  @Test(arguments: 0..<25)
  func randomRecordsReadBackBitForBit(seed: Int) throws {
    let scratch = try Scratch()
    var random = SeededGenerator(seed: seed)
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    var saved: [(id: Int64, run: RunRecord, inputs: [InputRecord], results: [ResultRecord])] = []
    for _ in 0..<4 {
      let inputs = (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.input(&random) }
      let run = Self.run(inputs, &random)
      let results = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.result(&random) }
      saved.append((try database.save(run: run, inputs: inputs, results: results), run, inputs, results))
    }
    try database.close()
    let reopened = try ResultDatabase(path: scratch.path(), mode: .readOnly)
    for (id, run, inputs, results) in saved {
      let loaded = try reopened.run(id)
      #expect(loaded.run == run)
      #expect(loaded.inputs.map(\.hash) == inputs.map(\.hash))
      #expect(loaded.inputs.map { Array($0.text.utf8) } == inputs.map { Array($0.text.utf8) })
      #expect(loaded.inputs == inputs)
      #expect(loaded.results == results)
      #expect(loaded.results.flatMap(\.metrics).map(Self.bits) == results.flatMap(\.metrics).map(Self.bits))
    }
    #expect(try reopened.runs(limit: nil).map(\.id) == saved.map(\.id).reversed())
    #expect(try reopened.runs(limit: 2).map(\.run) == saved.map(\.run).suffix(2).reversed())
    #expect(try reopened.runs(limit: nil).map(\.resultCount) == saved.map(\.results.count).reversed())
    #expect(try reopened.faults().isEmpty)
  }

  @Test(arguments: [
    MetricValue.integer(.max), .integer(.min), .integer((1 << 53) + 1), .integer(-(1 << 53) - 1), .integer(0),
    .integer(500), .real(500), .real(0), .real(-0.0), .real(-1),
    .real(9_007_199_254_740_992), .real(9.3e18), .real(.pi),
    .real(.leastNonzeroMagnitude), .real(.greatestFiniteMagnitude), .real(-.greatestFiniteMagnitude), .real(0.1),
  ])
  func valuesKeepTypeAndBits(value: MetricValue) throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let metric = MetricRecord(name: "m", value: value, unit: "B", provenance: .measured)
    let id = try database.save(
      run: Self.plainRun, inputs: [],
      results: [ResultRecord(label: "", algorithm: "", options: "", metrics: [metric])])
    #expect(try database.run(id).results[0].metrics == [metric])
    #expect(try database.run(id).results[0].metrics.map(Self.bits) == [Self.bits(metric)])
    let asked = try database.query("SELECT value FROM metric")
    switch value {
    case .integer(let value): #expect(asked.rows == [[.integer(value)]])
    case .real(let value): #expect(asked.rows == [[.real(value)]])
    }
  }

  @Test func seedsCoverAllOfUInt64() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let seeds: [UInt64] = [0, 1, .max, 1 << 63, (1 << 63) - 1]
    for seed in seeds {
      var run = Self.plainRun
      run.seed = seed
      #expect(try database.run(database.save(run: run, inputs: [], results: [])).run.seed == seed)
    }
  }

  @Test func everyProvenanceAndStatusCanBeStored() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let metrics = Provenance.allCases.map { MetricRecord(name: "m", value: .real(1), unit: "", provenance: $0) }
    let results = ResultStatus.allCases.map {
      ResultRecord(label: "l", algorithm: "a", options: "", status: $0, metrics: metrics)
    }
    let id = try database.save(run: Self.plainRun, inputs: [], results: results)
    #expect(try database.run(id).results == results)
  }

  @Test func samplesReadBackInTheirOrderAndGoWithTheirRun() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let series = [
      SampleRecord(name: "power", values: [3, 1, 2], unit: "W", provenance: .measured),
      SampleRecord(name: "time", values: [0.1, 1e-300, 0.1, -0.0], unit: "s", provenance: .emulated),
    ]
    let result = ResultRecord(label: "l", algorithm: "a", options: "", samples: series)
    let id = try database.save(run: Self.plainRun, inputs: [], results: [result])
    #expect(try database.run(id).results == [result])
    try database.delete(run: id)
    #expect(try database.query("SELECT count(*) FROM sample").rows.map { $0[0].description } == ["0"])
    for wrong in [
      SampleRecord(name: "time", values: [1], unit: "s", provenance: .simulated),
      SampleRecord(name: "time", values: [.nan], unit: "s", provenance: .measured),
      SampleRecord(name: "", values: [1], unit: "s", provenance: .measured),
    ] {
      #expect(throws: ResultStoreError.self) {
        try database.save(
          run: Self.plainRun, inputs: [],
          results: [ResultRecord(label: "l", algorithm: "a", options: "", samples: [wrong])])
      }
    }
  }

  static let plainRun = RunRecord(
    createdAt: "2025-01-31T23:59:59.25Z", command: "", treelineVersion: "0", kind: "simulate")

  private static func bits(_ metric: MetricRecord) -> UInt64 {
    switch metric.value {
    case .integer(let value): UInt64(bitPattern: value)
    case .real(let value): value.bitPattern
    }
  }

  private static func text(_ random: inout SeededGenerator) -> String {
    let alphabet = [
      "a", "Z", "0", " ", "\n", "\r\n", "\t", "'", "\"", ";", "--", "%", "\\", "é", "e\u{301}", "漢", "🇩🇪", "\u{10FFFF}",
      "\u{1}", "\u{FEFF}", "\u{202E}",
    ]
    return (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
      .joined()
  }

  private static func value(_ random: inout SeededGenerator) -> MetricValue {
    if Bool.random(using: &random) { return .integer(Int64(bitPattern: random.next())) }
    var value = Double(bitPattern: random.next())
    while !value.isFinite { value = Double(bitPattern: random.next()) }
    return .real(Bool.random(using: &random) ? value : value.rounded())
  }

  private static func input(_ random: inout SeededGenerator) -> InputRecord {
    let hash = (0..<64).map { _ in Array("0123456789abcdef").randomElement(using: &random) ?? "0" }
    return InputRecord(hash: String(hash), kind: text(&random), name: text(&random), text: text(&random))
  }

  private static func run(_ inputs: [InputRecord], _ random: inout SeededGenerator) -> RunRecord {
    func maybe<T>(_ value: T) -> T? { Bool.random(using: &random) ? value : nil }
    return RunRecord(
      createdAt: "2025-01-31T00:00:00Z", command: text(&random), treelineVersion: text(&random),
      seed: maybe(random.next()), kind: text(&random), topologyHash: inputs.first?.hash, modelHash: inputs.last?.hash,
      tokens: maybe(Int64(bitPattern: random.next())), queryTokens: maybe(Int64(bitPattern: random.next())),
      mask: maybe(text(&random)), batch: maybe(.max), worldSize: maybe(.min),
      dtype: maybe(text(&random)), note: maybe(text(&random)))
  }

  private static func result(_ random: inout SeededGenerator) -> ResultRecord {
    let metrics = (0..<Int.random(in: 0...6, using: &random)).map { index in
      MetricRecord(
        name: "\(index)" + text(&random), scope: text(&random), value: value(&random), unit: text(&random),
        provenance: Provenance.allCases.randomElement(using: &random) ?? .assumed)
    }
    return ResultRecord(
      label: text(&random), algorithm: text(&random), options: text(&random),
      status: ResultStatus.allCases.randomElement(using: &random) ?? .ok, metrics: metrics.shuffled(using: &random))
  }
}
