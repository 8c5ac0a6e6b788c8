/// Why a result database could not be opened, written or asked; each message names the file and what to do.
public enum ResultStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is nothing to read: no such file, an empty one, or one that may not be read.
  case missing(file: String, reason: String)
  /// The file is no SQLite database, or a damaged one.
  case corrupt(file: String, reason: String)
  /// A newer version of Treeline wrote the file: migrations that this version doesn't know, or values of theirs.
  case newer(file: String, unknown: [String])
  /// The database belongs to another application.
  case foreign(file: String, reason: String)
  /// The file can't be created or written: permissions, a missing directory, a full disk.
  case unwritable(file: String, reason: String)
  /// Another process kept the file locked for longer than the time allowed.
  case busy(file: String, reason: String)
  /// A record holds what can't be stored, or would not read back the same.
  case invalidRecord(field: String, reason: String)
  /// No run has the number.
  case noSuchRun(file: String, id: Int64, latest: Int64?)
  /// A query does more than read, or is not one statement.
  case refusedQuery(reason: String)
  /// A query that SQLite can't run, with its message.
  case failedQuery(reason: String)
  /// A query passed its limit of time or size.
  case queryTooLarge(reason: String)
  /// Anything else that SQLite reports.
  case failed(file: String, reason: String)

  /// One sentence for a person: the file, what is wrong, what to do.
  public var description: String {
    switch self {
    case .missing(let file, let reason):
      "\(file): no results to read: \(reason)"
    case .corrupt(let file, let reason):
      "\(file): not a readable result database: \(reason); nothing was changed; "
        + "restore the file from a copy, or name another one"
    case .newer(let file, let unknown):
      "\(file): written by a newer version of Treeline (unknown here: \(unknown.joined(separator: ", "))); "
        + "use that version, or name another file"
    case .foreign(let file, let reason):
      "\(file): the database of another application: \(reason); nothing was changed; name another file"
    case .unwritable(let file, let reason):
      "\(file): can't be written: \(reason)"
    case .busy(let file, let reason):
      "\(file): in use by another process: \(reason); try again when that process is done"
    case .invalidRecord(let field, let reason):
      "\(field): \(reason); nothing was saved"
    case .noSuchRun(let file, let id, let latest):
      "\(file): no run \(id)" + (latest.map { "; the latest is run \($0)" } ?? "; the database holds no runs")
    case .refusedQuery(let reason):
      "query refused: \(reason)"
    case .failedQuery(let reason):
      "query failed: \(reason)"
    case .queryTooLarge(let reason):
      "query stopped: \(reason)"
    case .failed(let file, let reason):
      "\(file): \(reason)"
    }
  }
}
