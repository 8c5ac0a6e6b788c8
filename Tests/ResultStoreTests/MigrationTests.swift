import Foundation
import GRDB
import Quantities
import Testing

@testable import ResultStore

@Suite struct MigrationTests {
  /// A database as the first migration left it, kept word for word: what was released must always open.
  static let versionOne = """
    PRAGMA application_id = 1416785006;
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO grdb_migrations VALUES ('1-tables');
    CREATE TABLE input (
      hash TEXT PRIMARY KEY NOT NULL CHECK (length(hash) = 64),
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL
    );
    CREATE TABLE run (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      created_at TEXT NOT NULL,
      command TEXT NOT NULL,
      treeline_version TEXT NOT NULL,
      seed INTEGER,
      kind TEXT NOT NULL,
      topology_hash TEXT REFERENCES input (hash),
      model_hash TEXT REFERENCES input (hash),
      tokens INTEGER,
      batch INTEGER,
      world_size INTEGER,
      dtype TEXT,
      note TEXT
    );
    CREATE INDEX run_created_at ON run (created_at);
    CREATE INDEX run_topology_hash ON run (topology_hash);
    CREATE INDEX run_model_hash ON run (model_hash);
    CREATE TABLE run_input (
      run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      hash TEXT NOT NULL REFERENCES input (hash),
      PRIMARY KEY (run_id, position),
      UNIQUE (run_id, hash)
    );
    CREATE INDEX run_input_hash ON run_input (hash);
    CREATE TABLE result (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      label TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      options TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('ok', 'does not fit')),
      position INTEGER NOT NULL,
      UNIQUE (run_id, position)
    );
    CREATE INDEX result_algorithm ON result (algorithm);
    CREATE TABLE metric (
      result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      scope TEXT NOT NULL,
      value NOT NULL CHECK (typeof(value) IN ('integer', 'real')),
      unit TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN (
        'measured', 'fitted', 'data sheet', 'published', 'simulated', 'closed form', 'assumed', 'emulated')),
      PRIMARY KEY (result_id, name, scope, provenance)
    );
    CREATE INDEX metric_name ON metric (name, scope);
    INSERT INTO input VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'topology', 'dgx',
      'name: dgx
    nodes: 2
    link: ndr
    ');
    INSERT INTO run VALUES (41, '2024-12-31T00:00:00Z', 'simulate', '0.0.1', NULL, 'simulate',
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL, 1000, 1, 16, 'bf16', NULL);
    INSERT INTO run_input VALUES (41, 0, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
    INSERT INTO result VALUES (7, 41, 'tree', 'tree', '{}', 'ok', 0);
    INSERT INTO metric VALUES (7, 'step time', '', 0.00125, 's', 'simulated');
    INSERT INTO metric VALUES (7, 'bytes sent', 'rank 0', 9007199254740993, 'B', 'simulated');
    """

  /// The schema as SQLite keeps it, with white space made one.
  private func schema(_ database: ResultDatabase) throws -> [String] {
    try database.query("SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY type, name")
      .rows.map { $0[0].description.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
  }

  @Test func versionOneGainsWhatItLacksAndKeepsItsRows() throws {
    let scratch = try Scratch()
    try scratch.makeDatabase(Self.versionOne)
    let before = try scratch.contents()
    // What is only read is brought up to date in memory, and takes no more rows there.
    let reading = try ResultDatabase(path: scratch.path(), mode: .readOnly)
    #expect(reading.copiedSize == Bytes(Int64(try Data(contentsOf: URL(fileURLWithPath: scratch.path())).count)))
    let read = try reading.run(41)
    #expect(try reading.query("SELECT count(*) FROM v_step_time").rows == [[.integer(1)]])
    let refusal = failure { () throws(ResultStoreError) in
      _ = try reading.save(run: read.run, inputs: read.inputs, results: [])
    }
    #expect(refusal != nil)
    #expect(try reading.runs().count == 1)
    try reading.close()
    #expect(try scratch.contents() == before)

    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    #expect(database.copiedSize == nil)
    #expect(try ResultDatabase(path: scratch.path(), mode: .readOnly).copiedSize == nil)
    let stored = try database.run(41)
    #expect(stored == read)
    #expect(stored.inputs == [Sample.topology])
    #expect(stored.run.worldSize == 16)
    // Before there were other steps, all of them made one token.
    #expect(stored.run.queryTokens == 1 && stored.run.mask == "causal")
    #expect(
      stored.results == [
        ResultRecord(
          label: "tree", algorithm: "tree", options: "{}",
          metrics: [
            MetricRecord(name: "step time", value: Seconds(0.00125), provenance: .simulated),
            MetricRecord(
              name: "bytes sent", scope: "rank 0", value: Bytes(9_007_199_254_740_993), provenance: .simulated),
          ])
      ])
    #expect(
      try database.query("SELECT topology, label, microseconds FROM v_step_time").rows == [
        [.text("dgx"), .text("tree"), .real(1250)]
      ])
    // What rounding makes of 30 µs reads as that.
    let rounded = ResultRecord(
      label: "ring", algorithm: "ring", options: "",
      metrics: [MetricRecord(name: "step time", value: Seconds(2.9999999999999997e-05), provenance: .simulated)])
    #expect(try database.save(run: RoundTripTests.plainRun, inputs: [], results: [rounded]) == 42)
    #expect(
      try database.query("SELECT microseconds FROM v_step_time WHERE label = 'ring'").rows == [[.real(30)]])
    let computed = ResultRecord(
      label: "theory", algorithm: "theory", options: "",
      metrics: [MetricRecord(name: "residual", value: .real(1e-16), unit: "", provenance: .computed)])
    #expect(try database.save(run: RoundTripTests.plainRun, inputs: [], results: [computed]) == 43)
    #expect(try database.run(43).results == [computed])
    #expect(try database.faults().isEmpty)

    let fresh = try ResultDatabase(path: scratch.path("fresh.sqlite"), mode: .readWriteCreate)
    #expect(try schema(fresh) == schema(database))
  }

  @Test func openingAgainChangesNothing() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let expected = try schema(database)
    try database.close()
    for mode in [ResultDatabase.Mode.readWriteCreate, .readOnly, .readWriteCreate] {
      let again = try ResultDatabase(path: scratch.path(), mode: mode)
      #expect(try schema(again) == expected)
      try again.close()
    }
  }

  @Test func theDescriptionListsEveryColumn() throws {
    let scratch = try Scratch()
    let database = try ResultDatabase(path: scratch.path(), mode: .readWriteCreate)
    let actual = try database.query(
      """
      SELECT m.name, m.type = 'view', c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
      WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' AND m.name <> 'grdb_migrations'
      """
    ).rows.map { $0.map(\.description) }
    let described = ResultDatabase.schema.tables.flatMap { table in
      table.columns.map { [table.name, table.isView ? "1" : "0", $0.name] }
    }
    #expect(described == actual)
    let text = ResultDatabase.schema.description
    for table in ResultDatabase.schema.tables {
      #expect(text.contains("\(table.name) (\(table.isView ? "view" : "table")): "))
      #expect(table.columns.allSatisfy { !$0.meaning.isEmpty && text.contains($0.meaning) })
    }
  }
}
