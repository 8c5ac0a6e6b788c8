import GRDB

extension ResultDatabase {
  /// Saves a run with its inputs and results, all of it or nothing.
  ///
  /// An input whose hash is already there is not stored again, and keeps the name it was first given.
  ///
  /// - Parameters:
  ///   - run: The run; its topology and model are among the inputs, or were saved before.
  ///   - inputs: The texts that it was made from.
  ///   - results: What it came to, kept in this order.
  /// - Returns: The number of the run.
  /// - Throws: ``ResultStoreError``: `invalidRecord` for a NaN or an infinity, a NUL character, a metric given twice, a
  ///   malformed hash or date, a hash of two texts, a topology or model that is nowhere; `unwritable`; `busy`.
  @discardableResult
  public func save(run: RunRecord, inputs: [InputRecord], results: [ResultRecord]) throws(ResultStoreError) -> Int64 {
    try RecordValidation.check(run: run, inputs: inputs, results: results)
    try requireWriting()
    return try attempt {
      try connections.write { db in
        for (index, input) in inputs.enumerated() {
          try insert(input, field: "inputs[\(index)] '\(input.name)'", into: db)
        }
        let id = try insert(run, into: db)
        try link(inputs, to: run, id: id, in: db)
        for (position, result) in results.enumerated() {
          try insert(result, position: position, runID: id, into: db)
        }
        return id
      }
    }
  }

  /// Deletes a run with its results, and the inputs that no other run uses.
  ///
  /// - Throws: ``ResultStoreError``: `noSuchRun`, `unwritable` or `busy`.
  public func delete(run id: Int64) throws(ResultStoreError) {
    try requireWriting()
    try attempt {
      try connections.write { db in
        try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id])
        guard db.changesCount > 0 else { throw try noSuchRun(id, db) }
        try db.execute(
          sql: """
            DELETE FROM input WHERE NOT EXISTS (SELECT 1 FROM run_input WHERE run_input.hash = input.hash)
            """)
      }
    }
  }

  /// Refuses what was opened for reading.
  func requireWriting() throws(ResultStoreError) {
    guard mode == .readWriteCreate else {
      throw .unwritable(file: path, reason: "it was opened for reading only")
    }
  }

  private func insert(_ input: InputRecord, field: String, into db: Database) throws {
    try db.execute(
      sql: "INSERT INTO input (hash, kind, name, text) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
      arguments: [input.hash, input.kind, input.name, input.text])
    guard db.changesCount == 0 else { return }
    let row = try Row.fetchOne(db, sql: "SELECT * FROM input WHERE hash = ?", arguments: [input.hash])
    guard let stored = try row.map({ try InputRecord(RowReader($0, file: path)) }) else {
      throw ResultStoreError.corrupt(file: path, reason: "the key of the table input finds no row")
    }
    guard stored.text.utf8.elementsEqual(input.text.utf8), stored.kind == input.kind else {
      throw ResultStoreError.invalidRecord(
        field: field + ".hash",
        reason:
          "already the hash of another input, the \(stored.kind) '\(stored.name)'; expected the SHA-256 of its text")
    }
  }

  private func insert(_ run: RunRecord, into db: Database) throws -> Int64 {
    for (field, hash) in [("run.topologyHash", run.topologyHash), ("run.modelHash", run.modelHash)] {
      guard let hash else { continue }
      guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM input WHERE hash = ?)", arguments: [hash]) ?? false
      else {
        throw ResultStoreError.invalidRecord(
          field: field, reason: "no input has the hash '\(hash)'; expected one of the inputs saved with the run")
      }
    }
    try db.execute(
      sql: """
        INSERT INTO run (created_at, command, treeline_version, seed, kind, topology_hash, model_hash, tokens, batch,
          world_size, dtype, note, query_tokens, mask) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        run.createdAt, run.command, run.treelineVersion, run.seed.map { Int64(bitPattern: $0) }, run.kind,
        run.topologyHash, run.modelHash, run.tokens, run.batch, run.worldSize, run.dtype, run.note,
        run.queryTokens, run.mask,
      ])
    return db.lastInsertedRowID
  }

  private func link(_ inputs: [InputRecord], to run: RunRecord, id: Int64, in db: Database) throws {
    var position = 0
    for hash in inputs.map(\.hash) + [run.topologyHash, run.modelHash].compactMap({ $0 }) {
      try db.execute(
        sql: "INSERT INTO run_input (run_id, position, hash) VALUES (?, ?, ?) ON CONFLICT (run_id, hash) DO NOTHING",
        arguments: [id, position, hash])
      position += db.changesCount
    }
  }

  private func insert(_ result: ResultRecord, position: Int, runID: Int64, into db: Database) throws {
    try db.execute(
      sql: "INSERT INTO result (run_id, label, algorithm, options, status, position) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [runID, result.label, result.algorithm, result.options, result.status.rawValue, position])
    let resultID = db.lastInsertedRowID
    let statement = try db.cachedStatement(
      sql: "INSERT INTO metric (result_id, name, scope, value, unit, provenance) VALUES (?, ?, ?, ?, ?, ?)")
    for metric in result.metrics {
      let value: any DatabaseValueConvertible =
        switch metric.value {
        case .integer(let value): value
        case .real(let value): value
        }
      try statement.execute(
        arguments: [resultID, metric.name, metric.scope, value, metric.unit, metric.provenance.rawValue])
    }
    let samples = try db.cachedStatement(
      sql: "INSERT INTO sample (result_id, name, position, value, unit, provenance) VALUES (?, ?, ?, ?, ?, ?)")
    for series in result.samples {
      for (position, value) in series.values.enumerated() {
        try samples.execute(
          arguments: [resultID, series.name, position, value, series.unit, series.provenance.rawValue])
      }
    }
  }
}
