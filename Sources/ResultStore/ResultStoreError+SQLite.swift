import GRDB

extension ResultStoreError {
  /// What an error of GRDB or SQLite means for a person.
  ///
  /// - Parameters:
  ///   - error: Any error; a ``ResultStoreError`` stays as it is.
  ///   - file: The database.
  ///   - mode: How it was opened: what can't be read is missing, what can't be written is unwritable.
  init(_ error: any Error, file: String, mode: ResultDatabase.Mode) {
    switch error {
    case let error as ResultStoreError:
      self = error
    case let error as DatabaseError:
      self = .init(code: error.resultCode, message: error.message ?? "unknown error", file: file, mode: mode)
    case is RowDecodingError:
      self = .corrupt(file: file, reason: "a value of an unexpected type")
    default:
      self = .failed(file: file, reason: String(describing: error))
    }
  }

  private init(code: ResultCode, message: String, file: String, mode: ResultDatabase.Mode) {
    switch code {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_FORMAT:
      self = .corrupt(file: file, reason: message)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self = .busy(file: file, reason: message)
    case .SQLITE_FULL:
      self = .unwritable(file: file, reason: "\(message); free some space and try again")
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
      self =
        mode == .readOnly
        ? .missing(file: file, reason: "\(message); check the permissions of the file and of its directory")
        : .unwritable(file: file, reason: "\(message); check the permissions of the file and of its directory")
    case .SQLITE_ERROR:
      // Every statement of this module is valid for the schema, so the schema is not what its migrations say.
      self = .corrupt(file: file, reason: message)
    default:
      self = .failed(file: file, reason: message)
    }
  }
}
