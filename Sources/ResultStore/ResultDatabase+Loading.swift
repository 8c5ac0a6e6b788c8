import GRDB
import Quantities

extension ResultDatabase {
  /// The latest runs, latest first.
  ///
  /// - Parameter limit: How many at most; nil for all.
  /// - Throws: ``ResultStoreError``: `corrupt`, `busy` or `missing`.
  public func runs(limit: Int? = nil) throws(ResultStoreError) -> [RunSummary] {
    try attempt {
      try connections.read { db in
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT run.*, topology.name AS topology_name, model.name AS model_name,
              (SELECT input.name FROM run_input JOIN input ON input.hash = run_input.hash
                WHERE run_input.run_id = run.id AND input.kind = 'machine' ORDER BY run_input.position LIMIT 1)
                AS machine_name,
              (SELECT count(*) FROM result WHERE result.run_id = run.id) AS result_count
            FROM run
            LEFT JOIN input AS topology ON topology.hash = run.topology_hash
            LEFT JOIN input AS model ON model.hash = run.model_hash
            ORDER BY run.id DESC LIMIT ?
            """,
          arguments: [limit.map { max($0, 0) } ?? -1])
        return try rows.map { row in
          let reader = RowReader(row, file: path)
          return RunSummary(
            id: try reader.integer("id"), run: try RunRecord(reader),
            topologyName: try reader.optionalText("topology_name"), modelName: try reader.optionalText("model_name"),
            machineName: try reader.optionalText("machine_name"),
            resultCount: Int(clamping: try reader.integer("result_count")))
        }
      }
    }
  }

  /// A run with its inputs, results and metrics.
  ///
  /// - Throws: ``ResultStoreError``: `noSuchRun`, `corrupt`, `newer`, `busy` or `missing`.
  public func run(_ id: Int64) throws(ResultStoreError) -> StoredRun {
    try attempt { try connections.read { db in try load(id, db) } }
  }

  /// Every fault that SQLite finds in the file: damaged pages, wrong indexes, broken references; reads all of it.
  ///
  /// - Returns: A sentence for each fault; empty for a sound file.
  /// - Throws: ``ResultStoreError`` when the file is too damaged to be examined.
  public func faults() throws(ResultStoreError) -> [String] {
    try attempt {
      try connections.read { db in
        let pages = try Row.fetchAll(db, sql: "SELECT integrity_check AS fault FROM pragma_integrity_check")
          .map { try RowReader($0, file: path).text("fault") }
          .filter { $0 != "ok" }
        let references = try Row.fetchAll(
          db,
          sql:
            "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ': no such ' || parent AS fault FROM pragma_foreign_key_check"
        ).map { try RowReader($0, file: path).text("fault") }
        return pages + references
      }
    }
  }

  /// Loads a run within a read, so that all of it is of one moment.
  func load(_ id: Int64, _ db: Database) throws -> StoredRun {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]) else {
      throw try noSuchRun(id, db)
    }
    let inputs = try Row.fetchAll(
      db,
      sql: """
        SELECT input.* FROM run_input JOIN input ON input.hash = run_input.hash
        WHERE run_input.run_id = ? ORDER BY run_input.position
        """, arguments: [id])
    var results: [ResultRecord] = []
    for row in try Row.fetchAll(db, sql: "SELECT * FROM result WHERE run_id = ? ORDER BY position", arguments: [id]) {
      let reader = RowReader(row, file: path)
      let metrics = try Row.fetchAll(
        db, sql: "SELECT * FROM metric WHERE result_id = ? ORDER BY rowid", arguments: [try reader.integer("id")])
      results.append(
        ResultRecord(
          label: try reader.text("label"), algorithm: try reader.text("algorithm"),
          options: try reader.text("options"), status: try status(reader),
          metrics: try metrics.map { try metric(RowReader($0, file: path)) },
          samples: try samples(ofResult: try reader.integer("id"), db)))
    }
    return StoredRun(
      id: id, run: try RunRecord(RowReader(row, file: path)),
      inputs: try inputs.map { try InputRecord(RowReader($0, file: path)) }, results: results)
  }

  /// The error for a run that isn't there.
  func noSuchRun(_ id: Int64, _ db: Database) throws -> ResultStoreError {
    .noSuchRun(file: path, id: id, latest: try Int64.fetchOne(db, sql: "SELECT max(id) FROM run"))
  }

  private func samples(ofResult id: Int64, _ db: Database) throws -> [SampleRecord] {
    var series: [SampleRecord] = []
    for row in try Row.fetchAll(
      db, sql: "SELECT * FROM sample WHERE result_id = ? ORDER BY name, position", arguments: [id])
    {
      let reader = RowReader(row, file: path)
      let (name, value) = (try reader.text("name"), try reader.metricValue("value").real)
      if series.last?.name == name {
        series[series.count - 1].values.append(value)
        continue
      }
      let text = try reader.text("provenance")
      guard let provenance = Provenance(rawValue: text) else {
        throw ResultStoreError.newer(file: path, unknown: ["provenance '\(text)'"])
      }
      series.append(
        SampleRecord(name: name, values: [value], unit: try reader.text("unit"), provenance: provenance))
    }
    return series
  }

  private func status(_ reader: RowReader) throws -> ResultStatus {
    let text = try reader.text("status")
    guard let status = ResultStatus(rawValue: text) else {
      throw ResultStoreError.newer(file: path, unknown: ["status '\(text)'"])
    }
    return status
  }

  private func metric(_ reader: RowReader) throws -> MetricRecord {
    let text = try reader.text("provenance")
    guard let provenance = Provenance(rawValue: text) else {
      throw ResultStoreError.newer(file: path, unknown: ["provenance '\(text)'"])
    }
    return MetricRecord(
      name: try reader.text("name"), scope: try reader.text("scope"), value: try reader.metricValue("value"),
      unit: try reader.text("unit"), provenance: provenance)
  }
}

extension RunRecord {
  /// Reads a row of the table `run`.
  init(_ row: RowReader) throws(ResultStoreError) {
    self.init(
      createdAt: try row.text("created_at"), command: try row.text("command"),
      treelineVersion: try row.text("treeline_version"),
      seed: try row.optionalInteger("seed").map { UInt64(bitPattern: $0) }, kind: try row.text("kind"),
      topologyHash: try row.optionalText("topology_hash"), modelHash: try row.optionalText("model_hash"),
      tokens: try row.optionalInteger("tokens"), queryTokens: try row.optionalInteger("query_tokens"),
      mask: try row.optionalText("mask"), batch: try row.optionalInteger("batch"),
      worldSize: try row.optionalInteger("world_size"), dtype: try row.optionalText("dtype"),
      note: try row.optionalText("note"))
  }
}

extension InputRecord {
  /// Reads a row of the table `input`.
  init(_ row: RowReader) throws(ResultStoreError) {
    self.init(
      hash: try row.text("hash"), kind: try row.text("kind"), name: try row.text("name"), text: try row.text("text"))
  }
}
