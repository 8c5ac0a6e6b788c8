import Foundation
import GRDB
import Quantities
import Testing

@testable import ResultStore

@Suite struct SavingTests {
  let scratch: Scratch
  let database: ResultDatabase

  init() throws {
    scratch = try Scratch()
    database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
  }

  private func counts() throws -> [Int] {
    try ["input", "run", "run_input", "result", "metric"].map { table in
      guard case .integer(let count) = try database.query("SELECT count(*) FROM \(table)").rows[0][0] else { return -1 }
      return Int(count)
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
  func refusesWhatIsNotFinite(value: Double) throws {
    var results = Sample.results()
    results[1].metrics.append(
      MetricRecord(name: "busbw", scope: "rank 3", value: .real(value), unit: "B/s", provenance: .measured))
    let error = failure { () throws(ResultStoreError) in
      try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: results)
    }
    #expect(error?.name == "invalidRecord")
    #expect(error?.description.contains("'ring' metric 'busbw' of 'rank 3'") == true)
    #expect(try counts() == [0, 0, 0, 0, 0])
  }

  @Test func refusesWhatWouldNotReadBack() throws {
    func refuse(_ fragment: String, _ change: (inout RunRecord, inout [InputRecord], inout [ResultRecord]) -> Void)
      throws
    {
      var run = Sample.run
      var inputs = [Sample.topology, Sample.model]
      var results = Sample.results()
      change(&run, &inputs, &results)
      let error = failure { () throws(ResultStoreError) in
        try database.save(run: run, inputs: inputs, results: results)
      }
      #expect(error?.name == "invalidRecord")
      #expect(error?.description.contains(fragment) == true, "\(String(describing: error))")
      #expect(try counts() == [0, 0, 0, 0, 0])
    }
    for date in [
      "", "yesterday", "2025-01-31", "2025-01-31T23:59:59", "2025-01-31T23:59:59+01:00", "2025-13-31T23:59:59Z",
      "2025-00-31T23:59:59Z", "2025-01-31T24:59:59Z", "2025-01-31 23:59:59Z", "2025-01-31T23:59:59.Z",
      "2025-01-31T23:59:59.1xZ", "２025-01-31T23:59:59Z",
    ] {
      try refuse("run.createdAt") { run, _, _ in run.createdAt = date }
    }
    try refuse("run.note: found a NUL") { run, _, _ in run.note = "a\0b" }
    try refuse("results[0] 'tree'.options") { _, _, results in results[0].options = "\0" }
    try refuse("metric 'step time'.unit") { _, _, results in results[0].metrics[0].unit = "s\0" }
    try refuse("empty name") { _, _, results in results[0].metrics[0].name = "" }
    try refuse("found twice") { _, _, results in results[0].metrics.append(results[0].metrics[0]) }
    try refuse("64 lower-case") { _, inputs, _ in inputs[0].hash = "abc" }
    try refuse("64 lower-case") { _, inputs, _ in inputs[0].hash = String(repeating: "A", count: 64) }
    try refuse("64 lower-case") { run, _, _ in run.topologyHash = String(repeating: "é", count: 32) }
    try refuse("run.modelHash: no input") { _, inputs, _ in inputs.removeLast() }
    try refuse("already the hash of another input, the topology 'dgx'") { _, inputs, _ in
      inputs[1] = InputRecord(hash: inputs[0].hash, kind: "topology", name: "other", text: "other")
    }
  }

  @Test func composedAndDecomposedNamesAreTwoMetrics() throws {
    let metrics = ["\u{E9}", "e\u{301}"].map {
      MetricRecord(name: $0, value: .real(1), unit: "", provenance: .measured)
    }
    let id = try database.save(
      run: RoundTripTests.plainRun, inputs: [],
      results: [ResultRecord(label: "", algorithm: "", options: "", metrics: metrics)])
    #expect(try database.run(id).results[0].metrics.map { Array($0.name.utf8) } == metrics.map { Array($0.name.utf8) })
  }

  @Test func inputsAreStoredOnceAndLeaveWithTheirLastRun() throws {
    let inputs = [Sample.topology, Sample.model]
    let first = try database.save(run: Sample.run, inputs: inputs, results: Sample.results())
    // The second relies on what the first stored.
    let second = try database.save(run: Sample.run, inputs: [], results: Sample.results())
    #expect(try counts() == [2, 2, 4, 4, 6])
    #expect(try database.run(second).inputs == inputs)
    try database.delete(run: first)
    #expect(try counts() == [2, 1, 2, 2, 3])
    #expect(try database.run(second).inputs == inputs)
    try database.delete(run: second)
    #expect(try counts() == [0, 0, 0, 0, 0])
    let third = try database.save(run: Sample.run, inputs: inputs, results: [])
    #expect(third > second)
  }

  @Test func deletingWhatIsNotThereSaysWhatIs() throws {
    #expect(
      failure { () throws(ResultStoreError) in try database.delete(run: 1) }?.description.contains("holds no runs")
        == true)
    let id = try database.save(run: RoundTripTests.plainRun, inputs: [], results: [])
    for error in [
      failure { () throws(ResultStoreError) in try database.delete(run: 99) },
      failure { () throws(ResultStoreError) in try database.run(99) },
      failure { () throws(ResultStoreError) in try database.compare(id, 99) },
    ] {
      #expect(error == .noSuchRun(file: scratch.path(), id: 99, latest: id))
    }
  }

  @Test func aFailureInTheLastMetricLeavesNothing() throws {
    try database.connections.write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER fail BEFORE INSERT ON metric WHEN NEW.provenance = 'closed form'
          BEGIN SELECT RAISE(ABORT, 'no more'); END
          """)
    }
    let error = failure { () throws(ResultStoreError) in
      try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    }
    #expect(error?.description.contains("no more") == true)
    #expect(try counts() == [0, 0, 0, 0, 0])
  }

  @Test func aFullDiskLeavesWhatWasThere() throws {
    let id = try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    let before = try counts()
    try database.connections.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
    }
    let big = InputRecord(
      hash: String(repeating: "c", count: 64), kind: "topology", name: "big",
      text: String(repeating: "x", count: 1 << 20))
    let error = failure { () throws(ResultStoreError) in
      try database.save(run: Sample.run, inputs: [big], results: Sample.results())
    }
    #expect(error?.name == "unwritable")
    #expect(error?.description.contains("full") == true)
    #expect(try counts() == before)
    #expect(try database.run(id).results == Sample.results())
    #expect(try database.faults().isEmpty)
  }

  @Test func aReadOnlyDatabaseDoesNotSave() throws {
    try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    let reader = try ResultDatabase(path: scratch.path(), mode: .readOnly)
    for error in [
      failure { () throws(ResultStoreError) in try reader.save(run: Sample.run, inputs: [], results: []) },
      failure { () throws(ResultStoreError) in try reader.delete(run: 1) },
    ] {
      #expect(error?.name == "unwritable")
    }
    #expect(throws: (any Error).self) { try reader.connections.write { try $0.execute(sql: "DELETE FROM run") } }
    #expect(try reader.runs().count == 1)
  }

  @Test func aValueOfALaterVersionIsNamed() throws {
    let id = try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    try database.connections.write { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE metric SET provenance = 'dreamt'")
    }
    let error = failure { () throws(ResultStoreError) in try database.run(id) }
    #expect(error == .newer(file: scratch.path(), unknown: ["provenance 'dreamt'"]))
  }
}
