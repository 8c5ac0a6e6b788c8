import Foundation
import Quantities
import TestSupport
import Testing

@testable import ResultStore

@Suite struct QueryTests {
  let scratch: Scratch
  let database: ResultDatabase

  init() throws {
    scratch = try Scratch()
    database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    try database.save(run: Sample.run, inputs: [Sample.topology, Sample.model], results: Sample.results())
  }

  private func refuse(
    _ sql: String, limits: QueryLimits = QueryLimits(), sourceLocation: SourceLocation = #_sourceLocation
  ) -> ResultStoreError? {
    failure(sourceLocation: sourceLocation) { () throws(ResultStoreError) in try database.query(sql, limits: limits) }
  }

  @Test func cellsAreTyped() throws {
    let result = try database.query(
      "SELECT NULL AS none, 9223372036854775807 AS most, 2.0, 'é''x' AS text, x'00ff' AS bytes, '' AS empty -- done")
    #expect(result.columns == ["none", "most", "2.0", "text", "bytes", "empty"])
    #expect(result.rows == [[.null, .integer(.max), .real(2), .text("é'x"), .blob([0, 255]), .text("")]])
    #expect(result.rows[0].map(\.description) == ["", "9223372036854775807", "2.0", "é'x", "x'00ff'", ""])
    #expect(!result.isTruncated)
    #expect(
      try database.query("SELECT x'', 'a' || char(0) || 'b', CAST(x'ff' AS TEXT)").rows == [
        [.blob([]), .text("a\0b"), .text("\u{FFFD}")]
      ])
  }

  @Test func viewsAnswerTheCommonQuestions() throws {
    #expect(
      try database.query("SELECT label, status, microseconds, provenance FROM v_step_time ORDER BY position").rows == [
        [.text("tree"), .text("ok"), .real(1000), .text("simulated")],
        [.text("ring"), .text("does not fit"), .real(10_000), .text("closed form")],
      ])
    #expect(
      try database.query("SELECT topology, model, results, tokens FROM v_runs").rows == [
        [.text("dgx"), .text("llama"), .integer(2), .integer(1_000_000)]
      ])
    #expect(try database.query("SELECT value FROM v_metrics WHERE scope = 'rank 0'").rows == [[.integer(4096)]])
    #expect(MetricRecord.stepTimeName == "step time")
  }

  @Test(arguments: [
    "SELECT 1", " SELECT 1 ; ", "SELECT 1; -- a comment", "/* before */ SELECT 1 /* after */ ;\n;;", "VALUES (1)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n",
    "EXPLAIN QUERY PLAN SELECT * FROM metric", "PRAGMA table_info(metric)", "PRAGMA user_version",
    "SELECT * FROM pragma_table_info('run')", "SELECT * FROM json_each('[1,2]')", "SELECT name FROM sqlite_master",
    "SELECT sqlite_version()",
    "SELECT sqrt(2), upper('a')", "PRAGMA integrity_check",
  ])
  func readingIsAllowed(sql: String) throws {
    #expect(try database.query(sql).rows.isEmpty == false)
  }

  @Test(arguments: [
    ("INSERT INTO run (kind) VALUES ('x')", "INSERT into run"), ("DELETE FROM run", "DELETE from run"),
    ("UPDATE metric SET value = 0", "UPDATE of metric"), ("DROP TABLE metric", "DROP TABLE"),
    ("WITH x AS (SELECT 1) DELETE FROM run", "DELETE from run"), ("REPLACE INTO input VALUES (1,2,3,4)", "INSERT"),
    ("CREATE TABLE t (a)", "CREATE TABLE"), ("CREATE TEMP TABLE t (a)", "CREATE TEMP TABLE"),
    ("CREATE TEMP VIEW v AS SELECT 1", "CREATE TEMP VIEW"), ("ALTER TABLE run RENAME TO r", "ALTER TABLE"),
    ("ATTACH '/tmp/treeline-attached.sqlite' AS x", "ATTACH"), ("DETACH main", "DETACH"), ("VACUUM", "write"),
    ("VACUUM INTO '/tmp/treeline-vacuumed.sqlite'", "write"), ("REINDEX", "REINDEX"), ("ANALYZE", "sqlite_stat"),
    ("PRAGMA journal_mode = DELETE", "PRAGMA journal_mode with a value"), ("PRAGMA user_version = 5", "PRAGMA"),
    ("PRAGMA query_only = OFF", "PRAGMA query_only"), ("PRAGMA writable_schema = ON", "PRAGMA"),
    ("PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint"), ("PRAGMA optimize", "PRAGMA optimize"),
    ("BEGIN", "transaction"), ("COMMIT", "transaction"), ("SAVEPOINT a", "transaction"),
    ("EXPLAIN DELETE FROM run", "DELETE"), ("SELECT load_extension('x')", "load_extension"),
    ("SELECT fts3_tokenizer('a', 'b')", "fts3_tokenizer"),
    ("CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE VIRTUAL TABLE"),
    ("SELECT 1; SELECT 2", "more than one"), ("SELECT 1; DROP TABLE run", "more than one"),
    ("SELECT 1; nonsense", "more than one"), ("", "no statement"), (" -- nothing", "no statement"),
    (";", "no statement"),
    ("SELECT 1\0; DROP TABLE run", "NUL"),
  ])
  func anythingElseIsRefused(sql: String, fragment: String) throws {
    let error = refuse(sql)
    #expect(error?.name == "refusedQuery", "\(String(describing: error))")
    #expect(error?.description.contains(fragment) == true, "\(String(describing: error))")
    #expect(try database.run(1).results == Sample.results())
    #expect(!FileManager.default.fileExists(atPath: "/tmp/treeline-attached.sqlite"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/treeline-vacuumed.sqlite"))
  }

  @Test(arguments: ["SELEC 1", "SELECT absent FROM run", "SELECT * FROM nowhere", "SELECT 'open", "SELECT abs(1,2)"])
  func mistakesAreReportedInTheWordsOfSQLite(sql: String) throws {
    let error = refuse(sql)
    #expect(error?.name == "failedQuery")
    #expect((error?.description.count ?? 0) > "query failed: ".count)
  }

  @Test func rowsAreCutAtTheLimit() throws {
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT i FROM n"
    for limit in 0...6 {
      let result = try database.query(numbers, limits: QueryLimits(rows: limit))
      #expect(result.rows.count == min(limit, 5))
      #expect(result.isTruncated == (limit < 5))
    }
    #expect(try database.query(numbers, limits: QueryLimits(rows: -3)).rows.isEmpty)
  }

  @Test(arguments: [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
  ])
  func aRunawayQueryEnds(sql: String) throws {
    let start = ContinuousClock.now
    let error = refuse(sql, limits: QueryLimits(rows: .max, time: Seconds(0.2)))
    #expect(error?.name == "queryTooLarge")
    #expect(error?.description.contains("200 ms") == true)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(arguments: [-1, 0, .nan, .infinity, 1e300])
  func anyTimeLimitIsUnderstood(seconds: Double) {
    let error: ResultStoreError?
    do {
      _ = try database.query("SELECT 1", limits: QueryLimits(time: Seconds(seconds)))
      error = nil
    } catch let thrown {
      error = thrown
    }
    #expect(error?.name == (seconds > 0 ? nil : "queryTooLarge"))
  }

  @Test func sizesAreLimited() throws {
    let limits = QueryLimits(size: Bytes(1_000_000))
    #expect(refuse("SELECT zeroblob(2000000)", limits: limits)?.name == "queryTooLarge")
    let many =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT zeroblob(100000) FROM n"
    #expect(refuse(many, limits: limits)?.name == "queryTooLarge")
    #expect(try database.query(many).rows.count == 100)
    #expect(refuse("SELECT " + String(repeating: "(", count: 100_000))?.name == "failedQuery")
    #expect(refuse("SELECT 1" + String(repeating: "+1", count: 100_000))?.name == "failedQuery")
    #expect(refuse("SELECT " + String(repeating: " ", count: 3_000_000) + "1")?.name == "queryTooLarge")
  }

  @Test func fuzzedStatementsNeitherCrashNorWrite() throws {
    let words = [
      "SELECT", "FROM", "WHERE", "INSERT INTO", "DELETE FROM", "UPDATE", "SET", "DROP TABLE", "CREATE TABLE", "ATTACH",
      "PRAGMA", "WITH", "RECURSIVE", "AS", "run", "metric", "result", "input", "v_metrics", "sqlite_master", "*", "1",
      "'a'", "x'00'", "(", ")", ",", ";", "=", "+", "||", "--", "/*", "*/", "\n", "value", "id", "count(*)", "NULL",
      "VALUES", "EXPLAIN", "BEGIN", "COMMIT", "VACUUM", "journal_mode", "writable_schema", "ORDER BY", "UNION ALL",
      "JOIN", "GROUP BY", "LIMIT", "\"", "'", "é", "🇩🇪", "\0", "?", ":a", "1e999", "zeroblob(9)", "RETURNING", "REPLACE",
    ]
    let sound = try database.run(1)
    var random = SeededGenerator(seed: 1)
    var outcomes: [String: Int] = [:]
    for round in 0..<3000 {
      let count = Int.random(in: 1...9, using: &random)
      var sql = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
      if round % 3 == 0 {
        sql = ["SELECT ", "DELETE FROM ", "PRAGMA ", "UPDATE run SET ", "DROP TABLE "][round % 5] + sql
      }
      if round % 7 == 0 {
        sql = String(decoding: (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
      }
      do {
        _ = try database.query(sql, limits: QueryLimits(rows: 100, time: Seconds(1)))
        outcomes["ok", default: 0] += 1
      } catch {
        outcomes[error.name, default: 0] += 1
      }
    }
    #expect(Set(outcomes.keys).isSubset(of: ["ok", "failedQuery", "refusedQuery", "queryTooLarge"]))
    #expect((outcomes["ok"] ?? 0) > 5 && (outcomes["refusedQuery"] ?? 0) > 50, "\(outcomes)")
    #expect(try database.run(1) == sound)
    #expect(try database.faults().isEmpty)
    try database.close()
    #expect(try Array(scratch.contents().keys) == ["results.sqlite"])
  }
}
