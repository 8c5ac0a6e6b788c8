import GRDB
import GRDBSQLite
import Quantities

/// A connection of its own for one query of a person's: read-only, guarded, limited.
///
/// It speaks to SQLite directly because GRDB keeps the authorizer of its connections for itself.
final class ReadingConnection {
  private let database: ResultDatabase
  private let limits: QueryLimits
  private let connection: OpaquePointer
  private let guardian: QueryGuard

  /// Opens the connection; the time limit starts here.
  init(_ database: ResultDatabase, limits: QueryLimits) throws(ResultStoreError) {
    self.database = database
    self.limits = limits
    let seconds = limits.time.clamped.seconds
    guardian = QueryGuard(deadline: .now + .seconds(seconds))
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI
    let code = sqlite3_open_v2(database.readingPath, &handle, flags, nil)
    guard code == SQLITE_OK, let handle else {
      let message = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
      sqlite3_close_v2(handle)
      throw ResultStoreError(
        DatabaseError(resultCode: ResultCode(rawValue: code), message: message), file: database.path, mode: .readOnly)
    }
    connection = handle
    sqlite3_busy_timeout(handle, Int32(seconds * 1000))
    // Set before the guard is: afterwards no PRAGMA may set anything.
    sqlite3_exec(
      handle, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", nil, nil, nil)
    // SQLite makes a value whole before anything can interrupt it.
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: max(limits.size.count, 1)))
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 1 << 20)
    sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000)
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 200)
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    let context = Unmanaged.passUnretained(guardian).toOpaque()
    sqlite3_progress_handler(
      handle, 1000,
      { context in
        guard let context else { return 1 }
        return Unmanaged<QueryGuard>.fromOpaque(context).takeUnretainedValue().mayGoOn() ? 0 : 1
      }, context)
    sqlite3_set_authorizer(
      handle,
      { context, action, detail, secondDetail, _, _ in
        guard let context else { return SQLITE_DENY }
        return Unmanaged<QueryGuard>.fromOpaque(context).takeUnretainedValue().judge(
          action: action, detail: detail.map { String(cString: $0) },
          secondDetail: secondDetail.map { String(cString: $0) })
      }, context)
  }

  deinit {
    sqlite3_close_v2(connection)
  }

  /// Runs one statement to its end or to a limit.
  func run(_ sql: String) throws(ResultStoreError) -> QueryResult {
    guard !sql.utf8.contains(0) else { throw .refusedQuery(reason: "it holds a NUL character") }
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    guard sqlite3_stmt_readonly(statement) != 0 else {
      throw .refusedQuery(reason: "it would write; only statements that read are allowed")
    }
    let width = sqlite3_column_count(statement)
    let columns = (0..<width).map { index in
      sqlite3_column_name(statement, index).map { String(cString: $0) } ?? ""
    }
    var rows: [[QueryResult.Cell]] = []
    var size: Int64 = 0
    while true {
      let code = sqlite3_step(statement)
      guard code == SQLITE_ROW else {
        guard code == SQLITE_DONE else { throw error(code) }
        return QueryResult(columns: columns, rows: rows, isTruncated: false)
      }
      guard rows.count < max(limits.rows, 0) else {
        return QueryResult(columns: columns, rows: rows, isTruncated: true)
      }
      rows.append((0..<width).map { cell(statement, $0, &size) })
      guard size <= limits.size.count else {
        throw .queryTooLarge(reason: "its result is above \(limits.size); select fewer columns or rows")
      }
      guard guardian.mayGoOn() else { throw error(SQLITE_INTERRUPT) }
    }
  }

  /// Compiles a text that is one statement, with nothing but space and comments around it.
  private func prepare(_ sql: String) throws(ResultStoreError) -> OpaquePointer {
    // Copied once, so that the pointer to the rest stays valid.
    let text = Array(sql.utf8CString)
    let (code, statement, rest) = compile(text, from: 0)
    guard code == SQLITE_OK else {
      sqlite3_finalize(statement)
      throw error(code)
    }
    guard let statement else { throw .refusedQuery(reason: "it holds no statement; expected one, such as a SELECT") }
    var start = rest
    while start < text.count - 1 {
      let (code, another, rest) = compile(text, from: start)
      sqlite3_finalize(another)
      guard code == SQLITE_OK, another == nil, rest > start else {
        sqlite3_finalize(statement)
        throw .refusedQuery(reason: "it holds more than one statement; run them one by one")
      }
      start = rest
    }
    return statement
  }

  /// Compiles the first statement from a position on: the result code, the statement, where the rest begins.
  private func compile(_ text: [CChar], from start: Int) -> (Int32, OpaquePointer?, Int) {
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return (SQLITE_OK, nil, start) }
      var statement: OpaquePointer?
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v2(connection, base + start, Int32(clamping: text.count - start), &statement, &tail)
      return (code, statement, tail.map { $0 - base } ?? text.count - 1)
    }
  }

  private func cell(_ statement: OpaquePointer, _ index: Int32, _ size: inout Int64) -> QueryResult.Cell {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER:
      return .integer(sqlite3_column_int64(statement, index))
    case SQLITE_FLOAT:
      return .real(sqlite3_column_double(statement, index))
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, index)
      let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
      size += Int64(bytes.count)
      return .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(statement, index)
      let bytes = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
      size += Int64(bytes.count)
      return .blob(Array(bytes))
    default:
      return .null
    }
  }

  private func error(_ code: Int32) -> ResultStoreError {
    let message = String(cString: sqlite3_errmsg(connection))
    if let refusal = guardian.refusal {
      return .refusedQuery(reason: "\(refusal) is not allowed; only statements that read are")
    }
    switch code & 0xFF {
    case SQLITE_INTERRUPT:
      return .queryTooLarge(reason: "it took longer than \(limits.time); narrow it, or raise the time limit")
    case SQLITE_TOOBIG, SQLITE_NOMEM:
      return .queryTooLarge(reason: "\(message); narrow it: a result may hold \(limits.size)")
    case SQLITE_READONLY:
      return .refusedQuery(reason: "it would write; only statements that read are allowed")
    case SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_BUSY, SQLITE_IOERR, SQLITE_CANTOPEN:
      let error = DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
      return ResultStoreError(error, file: database.path, mode: .readOnly)
    default:
      return .failedQuery(reason: message)
    }
  }
}
