import Foundation
import Quantities
import Testing

@testable import ResultStore

@Suite struct ConcurrencyTests {
  @Test func twoPoolsWithManyWritersAllSucceed() async throws {
    let scratch = try Scratch()
    let pools = try (0..<2).map { _ in try ResultDatabase(path: scratch.path(), mode: .readWriteCreate) }
    let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
      for index in 0..<80 {
        let pool = pools[index % 2]
        group.addTask {
          try pool.save(
            run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results(bytes: Int64(index)))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(ids).count == 80)
    for pool in pools {
      #expect(try pool.runs().count == 80)
      let bytes = try pool.query("SELECT value FROM metric WHERE name = 'bytes sent' ORDER BY value").rows
      #expect(bytes == (0..<80).map { [.integer($0)] })
      #expect(try pool.faults().isEmpty)
    }
  }

  @Test(arguments: 0..<6)
  func manyCreateTheSameFileAtOnce(round: Int) async throws {
    let scratch = try Scratch()
    let path = scratch.path()
    if round % 2 == 1 { try scratch.makeDatabase(MigrationTests.versionOne) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let database = try ResultDatabase(path: path, mode: .readWriteCreate)
          try database.save(run: RoundTripTests.plainRun, inputs: [], results: [])
        }
      }
      try await group.waitForAll()
    }
    let database = try ResultDatabase(path: path, mode: .readOnly)
    #expect(try database.runs().count == (round % 2 == 1 ? 9 : 8))
    #expect(try database.faults().isEmpty)
  }

  @Test func readersSeeTheStateBeforeAnUnfinishedWrite() throws {
    let scratch = try Scratch()
    let writer = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    try writer.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    let reader = try ResultDatabase(path: scratch.path(), mode: .readOnly, busyTimeout: Seconds(0.05))
    try writer.connections.write { db in
      try db.execute(sql: "DELETE FROM run")
      #expect(try reader.runs().count == 1)
      #expect(try reader.run(1).results == Sample.results())
      #expect(try writer.query("SELECT count(*) FROM run").rows == [[.integer(1)]])
      #expect(try ResultDatabase(path: scratch.path(), mode: .readOnly).runs().count == 1)
    }
    #expect(try reader.runs().isEmpty)
    #expect(try writer.query("SELECT count(*) FROM metric").rows == [[.integer(0)]])
  }
}
