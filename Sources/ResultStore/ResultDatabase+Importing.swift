import GRDB
import Measurements
import Quantities

extension ResultDatabase {
  /// What came of saving a file of measurements.
  public enum ImportOutcome: Sendable, Hashable {
    /// It is stored under this number.
    case stored(Int64)
    /// The same content, read in the same way, was stored under this number before; nothing was changed.
    case known(Int64)
  }

  /// Saves a file of measurements with what is to be said of its rows, all of it or nothing.
  ///
  /// - Throws: ``ResultStoreError``: `invalidRecord` for a malformed hash or date, or a NUL character; `unwritable`; `busy`.
  public func save(_ source: SourceRecord, _ file: MeasurementFile) throws(ResultStoreError) -> ImportOutcome {
    try RecordValidation.check(source)
    try requireWriting()
    return try attempt {
      try connections.write { db in
        if let id = try Int64.fetchOne(
          db, sql: "SELECT id FROM source WHERE sha256 = ? AND format = ? AND mapping = ?",
          arguments: [source.sha256, file.format.rawValue, file.mapping])
        {
          return .known(id)
        }
        let id = try insert(source, file, into: db)
        try insert(file.issues, of: id, into: db)
        try insert(file, of: id, into: db)
        return .stored(id)
      }
    }
  }

  /// The imports, oldest first.
  ///
  /// - Throws: ``ResultStoreError``: `corrupt`, `busy` or `missing`.
  public func sources() throws(ResultStoreError) -> [StoredSource] {
    try attempt {
      try connections.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM source ORDER BY id").map { row in
          let row = RowReader(row, file: path)
          return StoredSource(
            id: try row.integer("id"),
            record: SourceRecord(
              importedAt: try row.text("imported_at"), command: try row.text("command"),
              treelineVersion: try row.text("treeline_version"), path: try row.text("path"),
              sha256: try row.text("sha256"), origin: try row.text("origin"), license: try row.text("license")),
            format: try row.text("format"), mapping: try row.text("mapping"), software: try row.text("software"),
            rows: try row.integer("rows"), kept: try row.integer("kept"), bad: try row.integer("bad"),
            duplicates: try row.integer("duplicate"), unverified: try row.integer("unverified"))
        }
      }
    }
  }

  /// What is to be said of the rows of an import, in the order of its file.
  ///
  /// - Throws: ``ResultStoreError``: `corrupt`, `newer`, `busy` or `missing`.
  public func issues(ofSource id: Int64) throws(ResultStoreError) -> [ImportIssue] {
    try attempt {
      try connections.read { db in
        try Row.fetchAll(
          db, sql: "SELECT * FROM source_issue WHERE source_id = ? ORDER BY position", arguments: [id]
        ).map { row in
          let row = RowReader(row, file: path)
          let kind = try row.text("kind")
          guard let known = ImportIssue.Kind(rawValue: kind) else {
            throw ResultStoreError.newer(file: path, unknown: ["issue '\(kind)'"])
          }
          return ImportIssue(
            line: Int(clamping: try row.integer("line")), kind: known, problem: try row.text("problem"))
        }
      }
    }
  }

  /// The times of attention kernels of an import, in the order of its file.
  ///
  /// - Throws: ``ResultStoreError``: `corrupt`, `busy` or `missing`.
  public func kernelTimes(ofSource id: Int64) throws(ResultStoreError) -> [KernelTime] {
    try attempt {
      try connections.read { db in
        try Row.fetchAll(
          db, sql: "SELECT * FROM kernel_measurement WHERE source_id = ? ORDER BY position", arguments: [id]
        ).map { row in
          let row = RowReader(row, file: path)
          func integer(_ column: String) throws -> Int { Int(clamping: try row.integer(column)) }
          return KernelTime(
            line: try integer("line"), gpu: try row.text("gpu"), software: try row.text("software"),
            dtype: try row.text("dtype"), batch: try integer("batch"), queryHeads: try integer("query_heads"),
            kvHeads: try integer("kv_heads"), headDim: try integer("head_dim"), window: try integer("window"),
            queryTokens: try integer("query_tokens"), contextTokens: try integer("context_tokens"),
            time: Seconds(try row.metricValue("seconds").real), unverified: try row.text("unverified"))
        }
      }
    }
  }

  private func insert(_ source: SourceRecord, _ file: MeasurementFile, into db: Database) throws -> Int64 {
    try db.execute(
      sql: """
        INSERT INTO source (imported_at, command, treeline_version, path, sha256, format, mapping, origin, license,
          software, rows, kept, bad, duplicate, unverified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        source.importedAt, source.command, source.treelineVersion, source.path, source.sha256, file.format.rawValue,
        file.mapping, source.origin, source.license, file.software, file.rowCount, file.keptCount, file.count(.bad),
        file.count(.duplicate), file.count(.unverified),
      ])
    return db.lastInsertedRowID
  }

  private func insert(_ issues: [ImportIssue], of id: Int64, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: "INSERT INTO source_issue (source_id, position, line, kind, problem) VALUES (?, ?, ?, ?, ?)")
    for (position, issue) in issues.enumerated() {
      try statement.execute(arguments: [id, position, issue.line, issue.kind.rawValue, issue.problem])
    }
  }

  private func insert(_ file: MeasurementFile, of id: Int64, into db: Database) throws {
    let kernels = try db.cachedStatement(
      sql: """
        INSERT INTO kernel_measurement (source_id, position, line, gpu, software, dtype, batch, query_heads, kv_heads,
          head_dim, window, query_tokens, context_tokens, seconds, unverified, provenance)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let collectives = try db.cachedStatement(
      sql: """
        INSERT INTO collective_measurement (source_id, position, line, origin, gpu, interconnect, gpus, nodes, nics,
          software, collective, dtype, bytes, in_place, seconds, unverified, provenance)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let figures = try db.cachedStatement(
      sql: """
        INSERT INTO figure_measurement (source_id, position, line, origin, kind, subject, name, scope, value, unit,
          unverified, provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let provenance = file.format.provenance.rawValue
    for (position, measurement) in file.measurements.enumerated() {
      switch measurement {
      case .kernel(let time):
        try kernels.execute(arguments: [
          id, position, time.line, time.gpu, time.software, time.dtype, time.batch, time.queryHeads, time.kvHeads,
          time.headDim, time.window, time.queryTokens, time.contextTokens, time.time.seconds, time.unverified,
          provenance,
        ])
      case .collective(let time):
        try collectives.execute(arguments: [
          id, position, time.line, time.origin, time.gpu, time.interconnect, time.gpus, time.nodes, time.nics,
          time.software, time.collective, time.dtype, time.bytes.count, time.inPlace, time.time.seconds,
          time.unverified, provenance,
        ])
      case .figure(let figure):
        try figures.execute(arguments: [
          id, position, figure.line, figure.origin, figure.kind.rawValue, figure.subject, figure.name, figure.scope,
          figure.value, figure.unit, figure.unverified, provenance,
        ])
      }
    }
  }
}
