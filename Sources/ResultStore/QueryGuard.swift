import GRDBSQLite

/// Decides what a query may do, and when it has run for too long.
///
/// A list of what is allowed, not of what is forbidden, so that what a later SQLite adds is refused until looked at.
/// One connection calls it, from one thread at a time.
final class QueryGuard {
  /// Why the statement was refused, once it was.
  private(set) var refusal: String?
  /// Whether the time ran out.
  private(set) var isLate = false
  private let deadline: ContinuousClock.Instant

  init(deadline: ContinuousClock.Instant) {
    self.deadline = deadline
  }

  /// Whether to go on.
  func mayGoOn() -> Bool {
    isLate = isLate || ContinuousClock.now >= deadline
    return !isLate
  }

  /// Judges an action of a statement: the result code for SQLite's authorizer.
  ///
  /// The meaning of the two details depends on the action (https://www.sqlite.org/c3ref/c_alter_table.html).
  func judge(action: Int32, detail: String?, secondDetail: String?) -> Int32 {
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE:
      return SQLITE_OK
    case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
      // SQLite asks this of its own catalogue when a query names a table-valued function. A statement that changes the
      // catalogue is asked about under its own name too, and one that writes is not read-only once compiled.
      if let detail, Self.catalogues.contains(detail.lowercased()) { return SQLITE_OK }
      return refuse("\(Self.names[action] ?? "a write") \(detail ?? "")")
    case SQLITE_FUNCTION:
      let name = (secondDetail ?? "").lowercased()
      guard Self.refusedFunctions.contains(name) else { return SQLITE_OK }
      return refuse("a call of \(name)()")
    case SQLITE_PRAGMA:
      let name = (detail ?? "").lowercased()
      if Self.pragmasOfAnObject.contains(name) || (secondDetail == nil && Self.plainPragmas.contains(name)) {
        return SQLITE_OK
      }
      return refuse(secondDetail == nil ? "PRAGMA \(name)" : "PRAGMA \(name) with a value")
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT:
      return refuse("control of a transaction")
    default:
      let name = Self.names[action] ?? "something other than reading"
      return refuse("\(name)\(detail.map { $0.isEmpty ? "" : " \($0)" } ?? "")")
    }
  }

  private func refuse(_ what: String) -> Int32 {
    refusal = refusal ?? what
    return SQLITE_DENY
  }

  private static let catalogues: Set<String> = ["sqlite_master", "sqlite_temp_master"]
  private static let refusedFunctions: Set<String> = ["load_extension", "fts3_tokenizer"]
  private static let pragmasOfAnObject: Set<String> = [
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "foreign_key_check", "integrity_check", "quick_check",
  ]
  private static let plainPragmas: Set<String> = [
    "application_id", "collation_list", "compile_options", "database_list", "encoding", "foreign_keys",
    "freelist_count", "function_list", "journal_mode", "module_list", "page_count", "page_size", "pragma_list",
    "schema_version", "user_version",
  ]
  private static let names: [Int32: String] = [
    SQLITE_INSERT: "INSERT into", SQLITE_UPDATE: "UPDATE of", SQLITE_DELETE: "DELETE from", SQLITE_ATTACH: "ATTACH",
    SQLITE_DETACH: "DETACH", SQLITE_ALTER_TABLE: "ALTER TABLE in", SQLITE_ANALYZE: "ANALYZE", SQLITE_REINDEX: "REINDEX",
    SQLITE_CREATE_TABLE: "CREATE TABLE", SQLITE_CREATE_INDEX: "CREATE INDEX", SQLITE_CREATE_VIEW: "CREATE VIEW",
    SQLITE_CREATE_TRIGGER: "CREATE TRIGGER", SQLITE_CREATE_VTABLE: "CREATE VIRTUAL TABLE",
    SQLITE_CREATE_TEMP_TABLE: "CREATE TEMP TABLE", SQLITE_CREATE_TEMP_INDEX: "CREATE INDEX",
    SQLITE_CREATE_TEMP_VIEW: "CREATE TEMP VIEW", SQLITE_CREATE_TEMP_TRIGGER: "CREATE TEMP TRIGGER",
    SQLITE_DROP_TABLE: "DROP TABLE", SQLITE_DROP_INDEX: "DROP INDEX", SQLITE_DROP_VIEW: "DROP VIEW",
    SQLITE_DROP_TRIGGER: "DROP TRIGGER",
  ]
}
