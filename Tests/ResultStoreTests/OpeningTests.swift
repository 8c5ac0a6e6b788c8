import Foundation
import GRDB
import Quantities
import TestSupport
import Testing

@testable import ResultStore

@Suite struct OpeningTests {
  private let modes: [ResultDatabase.Mode] = [.readOnly, .readWriteCreate]

  private func refuse(
    _ path: String, _ mode: ResultDatabase.Mode, sourceLocation: SourceLocation = #_sourceLocation
  ) -> ResultStoreError? {
    failure(sourceLocation: sourceLocation) { () throws(ResultStoreError) in
      try ResultDatabase(path: path, mode: mode, busyTimeout: Seconds(1))
    }
  }

  /// Refused in both modes with a case of the error, the message names the file, and not a byte or a file changes.
  private func expectUntouched(
    _ scratch: Scratch, _ name: String, containing fragment: String = ": ",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try scratch.contents()
    for mode in modes {
      let error = refuse(scratch.path(), mode, sourceLocation: sourceLocation)
      #expect(error?.name == name, "\(String(describing: error))", sourceLocation: sourceLocation)
      #expect(error?.description.contains(scratch.path()) == true, sourceLocation: sourceLocation)
      #expect(
        error?.description.contains(fragment) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    }
    #expect(try scratch.contents() == before, sourceLocation: sourceLocation)
  }

  private func sound(_ scratch: Scratch) throws -> [UInt8] {
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    for index in 0..<20 {
      try database.save(
        run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results(bytes: Int64(index)))
    }
    try database.close()
    return Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path())))
  }

  @Test func opensInWALModeWithForeignKeys() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let settings = try database.connections.read { db in
      [
        try String.fetchOne(db, sql: "PRAGMA journal_mode"), try String.fetchOne(db, sql: "PRAGMA foreign_keys"),
        try String.fetchOne(db, sql: "PRAGMA application_id"),
      ]
    }
    #expect(settings == ["wal", "1", String(ResultDatabase.applicationID)])
    try database.close()
    #expect(try Array(scratch.contents().keys) == ["results.sqlite"])
  }

  @Test func aFileThatIsNotThere() throws {
    let scratch = try Scratch()
    #expect(refuse(scratch.path(), .readOnly)?.name == "missing")
    #expect(try scratch.contents().isEmpty)
    for mode in modes { #expect(refuse("", mode)?.name == "missing") }
    for mode in modes { #expect(refuse("a\0b", mode)?.name == "missing") }
  }

  @Test func aMissingDirectory() throws {
    let scratch = try Scratch()
    let path = scratch.path("absent/results.sqlite")
    #expect(refuse(path, .readOnly)?.name == "missing")
    let error = refuse(path, .readWriteCreate)
    #expect(error?.name == "unwritable")
    #expect(error?.description.contains("absent does not exist; create it") == true)
    #expect(try scratch.contents().isEmpty)
  }

  @Test(arguments: ["/dev/null/x.sqlite", "/dev/null", "/dev/zero", "/", "/proc/x.sqlite"])
  func pathsThatCanNeverBeWritten(path: String) throws {
    #expect(refuse(path, .readOnly)?.name == "missing")
    #expect(refuse(path, .readWriteCreate)?.name == "unwritable")
  }

  @Test func aDirectoryInPlaceOfTheFile() throws {
    let scratch = try Scratch()
    #expect(refuse(scratch.directory.path, .readOnly)?.name == "missing")
    let error = refuse(scratch.directory.path, .readWriteCreate)
    #expect(error?.name == "unwritable")
    #expect(error?.description.contains("is a directory") == true)
  }

  @Test(.disabled(if: getuid() == 0, "root may write to any directory; pathsThatCanNeverBeWritten covers the rest"))
  func aReadOnlyDirectoryAndFile() throws {
    let scratch = try Scratch()
    let files = FileManager.default
    _ = try sound(scratch)
    try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: scratch.path())
    #expect(refuse(scratch.path(), .readWriteCreate)?.name == "unwritable")
    try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: scratch.directory.path)
    defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.directory.path) }
    #expect(refuse(scratch.path("new.sqlite"), .readWriteCreate)?.name == "unwritable")
    #expect(refuse(scratch.path(), .readWriteCreate)?.name == "unwritable")
    let database = try ResultDatabase(path: scratch.path(), mode: .readOnly)
    #expect(try database.runs().count == 20)
    #expect(try database.query("SELECT count(*) FROM run").rows == [[.integer(20)]])
    try database.close()
    try files.setAttributes([.posixPermissions: 0o000], ofItemAtPath: scratch.path())
    #expect(refuse(scratch.path(), .readOnly)?.name == "missing")
  }

  @Test func anEmptyFileAndAnEmptyDatabase() throws {
    for sql in [nil, "CREATE TABLE t (a); DROP TABLE t", "VACUUM"] {
      let scratch = try Scratch()
      if let sql { try scratch.makeDatabase(sql) } else { try scratch.write([]) }
      #expect(refuse(scratch.path(), .readOnly)?.name == "missing")
      let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
      #expect(try database.save(run: RoundTripTests.plainRun, inputs: [], results: []) == 1)
    }
  }

  @Test(arguments: [1, 2, 15, 16, 100, 511, 512, 513, 1024, 4096, 100_000])
  func bytesThatAreNoDatabase(count: Int) throws {
    var random = SeededGenerator(seed: count)
    for text in [false, true] {
      let scratch = try Scratch()
      try scratch.write((0..<count).map { _ in text ? 0x61 : UInt8.random(in: 0...255, using: &random) })
      try expectUntouched(scratch, "corrupt")
    }
  }

  @Test func aTruncatedDatabase() throws {
    let scratch = try Scratch()
    let bytes = try sound(scratch)
    #expect(bytes.count > 8 * 4096)
    var lengths =
      Array(stride(from: 1, to: bytes.count, by: 4096)) + Array(stride(from: 4096, to: bytes.count, by: 4096))
    lengths += [2, 16, 99, 100, 101, 511, 512, bytes.count - 1]
    for length in lengths {
      try scratch.write(Array(bytes.prefix(length)))
      try expectUntouched(scratch, "corrupt")
    }
  }

  @Test(arguments: 0..<60)
  func aDamagedDatabaseNeverCrashes(seed: Int) throws {
    let scratch = try Scratch()
    var random = SeededGenerator(seed: seed)
    var bytes = try sound(scratch)
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      let place = Int.random(in: 0..<(Bool.random(using: &random) ? 4096 : bytes.count), using: &random)
      bytes[place] = UInt8.random(in: 0...255, using: &random)
    }
    try scratch.write(bytes)
    let accepted = ["corrupt", "foreign", "newer", "missing", "unwritable", "failed", "older", "noSuchRun", "busy"]
    do {
      let database = try ResultDatabase(path: scratch.path(), mode: .readOnly, busyTimeout: Seconds(0.1))
      for summary in try database.runs(limit: nil) { _ = try database.run(summary.id) }
      _ = try database.faults()
      _ = try database.query("SELECT * FROM v_metrics")
    } catch {
      #expect(accepted.contains(error.name) || error.name == "failedQuery" || error.name == "queryTooLarge", "\(error)")
    }
    let contents = try scratch.contents()["results.sqlite"]
    #expect(contents == Data(bytes), "reading changed the file")
    do {
      let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate, busyTimeout: Seconds(0.1))
      try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
    } catch {
      #expect(accepted.contains(error.name) || error.name == "invalidRecord", "\(error)")
    }
  }

  @Test(arguments: [false, true])
  func theDatabaseOfAnotherApplication(isWAL: Bool) throws {
    for (sql, fragment) in [
      ("CREATE TABLE song (title TEXT); INSERT INTO song VALUES ('x')", "song"),
      ("PRAGMA application_id = 1196444487; CREATE TABLE t (a)", "1196444487"),
      ("PRAGMA application_id = 5", "application id is 5"),
      (
        "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('v1')",
        "v1"
      ),
      ("CREATE VIEW run AS SELECT 1 AS id", "run"),
    ] {
      let scratch = try Scratch()
      try scratch.makeDatabase(sql, isWAL: isWAL)
      try expectUntouched(scratch, "foreign", containing: fragment)
    }
  }

  @Test func aNewerVersionIsNamed() throws {
    let scratch = try Scratch()
    _ = try sound(scratch)
    try scratch.makeDatabase("INSERT INTO grdb_migrations VALUES ('3-energy'), ('4-carbon')")
    try expectUntouched(scratch, "newer", containing: "3-energy, 4-carbon")
  }

  @Test func migrationsWithGapsAreRefused() throws {
    let scratch = try Scratch()
    _ = try sound(scratch)
    try scratch.makeDatabase("DELETE FROM grdb_migrations WHERE identifier = '1-tables'")
    try expectUntouched(scratch, "corrupt", containing: "gaps")
    try scratch.makeDatabase("DELETE FROM grdb_migrations")
    try expectUntouched(scratch, "corrupt", containing: "gaps")
  }

  @Test func namesThatSQLiteTakesForSomethingElseAreFiles() throws {
    let scratch = try Scratch()
    for name in [":memory:", "file:x?mode=memory", "a b%20c#d?e.sqlite", "é漢🇩🇪.sqlite", "'quote\".sqlite"] {
      let database = try ResultDatabase(path: scratch.path(name), mode: .readWriteCreate)
      try database.save(run: RoundTripTests.plainRun, inputs: [], results: [])
      try database.close()
      #expect(try ResultDatabase(path: scratch.path(name), mode: .readOnly).runs().count == 1)
    }
    #expect(try scratch.contents().keys.filter { !$0.contains("-") }.count == 5)
  }

  @Test func aLinkLeadsToTheFile() throws {
    let scratch = try Scratch()
    _ = try sound(scratch)
    let link = scratch.path("link.sqlite")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "results.sqlite")
    let database = try ResultDatabase(path: link, mode: .readWriteCreate)
    #expect(try database.save(run: Sample.run, inputs: [], results: []) == 21)
    #expect(try ResultDatabase(path: scratch.path(), mode: .readOnly).runs().count == 21)
  }

  @Test func aLockedFileIsBusy() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate, busyTimeout: Seconds(0.05))
    let other = try DatabaseQueue(path: scratch.path())
    try other.inDatabase { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      let error = failure { () throws(ResultStoreError) in
        try database.save(run: RoundTripTests.plainRun, inputs: [], results: [])
      }
      #expect(error?.name == "busy")
      #expect(try database.runs().isEmpty)
      try db.execute(sql: "ROLLBACK")
    }
    #expect(try database.save(run: RoundTripTests.plainRun, inputs: [], results: []) == 1)
  }
}
