import GRDB

/// What an existing SQLite database is to this version of Treeline.
enum FileState: Equatable {
  /// Nothing in it yet, and nobody's mark.
  case blank
  /// A result database, with the migrations that it still lacks, in order.
  case ours(lacking: [String])

  /// Looks at a database without changing it.
  ///
  /// - Throws: ``ResultStoreError`` `foreign`, `newer` or `corrupt`.
  init(_ db: Database, file: String) throws {
    let mark = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let names = try Row.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
      .map { try RowReader($0, file: file).text("name") }
    // GRDB makes its table of migrations before the first migration, which sets the mark.
    let hasMigrations = names.contains("grdb_migrations")
    let applied =
      hasMigrations
      ? try Row.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        .map { try RowReader($0, file: file).text("identifier") }
      : []
    guard mark == Int64(ResultDatabase.applicationID) else {
      guard mark == 0 else {
        throw ResultStoreError.foreign(file: file, reason: "its application id is \(mark)")
      }
      let others = names.filter { $0 != "grdb_migrations" }.sorted()
      guard others.isEmpty, applied.isEmpty else {
        let shown = others.isEmpty ? "migrations \(applied.prefix(5))" : "tables \(others.prefix(5))"
        throw ResultStoreError.foreign(file: file, reason: "it holds \(shown), and no mark of Treeline")
      }
      self = .blank
      return
    }
    let known = ResultSchema.migrator.migrations
    let unknown = applied.filter { !known.contains($0) }
    guard unknown.isEmpty else { throw ResultStoreError.newer(file: file, unknown: unknown) }
    // The mark is set in the same transaction as the first migration.
    guard known.prefix(applied.count).elementsEqual(known.filter(applied.contains)), !applied.isEmpty else {
      throw ResultStoreError.corrupt(file: file, reason: "its list of migrations has gaps")
    }
    self = .ours(lacking: Array(known.dropFirst(applied.count)))
  }
}
