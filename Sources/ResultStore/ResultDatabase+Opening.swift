import Foundation
import GRDB
import Quantities

extension ResultDatabase {
  /// Opens a result database, and creates it or brings it up to date when it may be written. What an older version wrote is
  /// read from a copy in memory that is brought up to date.
  ///
  /// - Parameters:
  ///   - path: The file; a relative path is taken from the current directory, and no name is special.
  ///   - mode: What for.
  ///   - busyTimeout: How long to wait for other processes that write.
  /// - Throws: ``ResultStoreError``: `missing`, `corrupt`, `newer`, `foreign`, `unwritable` or `busy`. The file
  ///   is then as it was.
  public init(path: String, mode: Mode, busyTimeout: Seconds = Seconds(30)) throws(ResultStoreError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .missing(file: "'\(path)'", reason: "a database needs the path of a file")
    }
    // An absolute path is never taken for ':memory:' or for a URI.
    // Links are resolved because SQLite keeps its log beside the file itself.
    self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    self.mode = mode
    self.busyTimeout = busyTimeout
    let file = self.path
    do {
      switch mode {
      case .readOnly:
        (connections, readingPath, copiedSize) = try Self.openForReading(file, busyTimeout: busyTimeout)
      case .readWriteCreate:
        connections = try Self.openForWriting(file, busyTimeout: busyTimeout)
        readingPath = file
        copiedSize = nil
      }
    } catch {
      throw ResultStoreError(error, file: file, mode: mode)
    }
  }

  private static func openForReading(
    _ file: String, busyTimeout: Seconds
  ) throws -> (any DatabaseWriter, String, Bytes?) {
    guard let size = try sizeOfFile(file, mode: .readOnly) else {
      throw ResultStoreError.missing(
        file: file, reason: "no such file; check the path, or save a run there, which creates it")
    }
    guard size > 0 else { throw ResultStoreError.missing(file: file, reason: "the file is empty") }
    try inspectWithoutTrace(file, size: size)
    let (queue, readingPath) = try readOnlyQueue(file, busyTimeout: busyTimeout)
    switch try queue.read({ db in try FileState(db, file: file) }) {
    case .blank:
      throw ResultStoreError.missing(file: file, reason: "the database is empty")
    case .ours(let lacking):
      guard !lacking.isEmpty else { return (queue, readingPath, nil) }
      let (copy, name) = try upToDateCopy(of: queue)
      return (copy, name, Bytes(Int64(size)))
    }
  }

  /// A copy in memory of what an older version wrote, brought up to date there: reading leaves the file as it is, for that
  /// version too.
  private static func upToDateCopy(of queue: DatabaseQueue) throws -> (DatabaseQueue, String) {
    let name = "treeline-\(UUID().uuidString)"
    let copy = try DatabaseQueue(named: name, configuration: configuration(busyTimeout: .zero))
    try queue.backup(to: copy)
    try queue.close()
    try ResultSchema.migrator.migrate(copy)
    try copy.inDatabase { db in try db.execute(sql: "PRAGMA query_only = ON") }
    return (copy, "file:\(name)?mode=memory&cache=shared")
  }

  private static func openForWriting(_ file: String, busyTimeout: Seconds) throws -> any DatabaseWriter {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(busyTimeout.clamped.seconds)
    // Of two processes that create the same file, SQLite may turn one away at once, without its busy timeout, or let
    // it find tables that the other made meanwhile. Both cure themselves on another look.
    var meetings = 0
    while true {
      do {
        return try openForWritingOnce(file, busyTimeout: busyTimeout)
      } catch let error as DatabaseError where isLocked(error) && clock.now < deadline {
        Thread.sleep(forTimeInterval: 0.005)
      } catch let error as DatabaseError where isMeeting(error) && meetings < 20 {
        meetings += 1
        Thread.sleep(forTimeInterval: 0.005)
      }
    }
  }

  private static func isLocked(_ error: DatabaseError) -> Bool {
    [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode)
  }

  /// Whether two migrations of the same file may have met.
  private static func isMeeting(_ error: DatabaseError) -> Bool {
    switch error.resultCode {
    case .SQLITE_CONSTRAINT, .SQLITE_SCHEMA: true
    case .SQLITE_ERROR:
      ["already exists", "duplicate column"].contains { error.message?.contains($0) == true }
    default: false
    }
  }

  private static func openForWritingOnce(_ file: String, busyTimeout: Seconds) throws -> any DatabaseWriter {
    if let size = try sizeOfFile(file, mode: .readWriteCreate), size > 0 {
      try inspectWithoutTrace(file, size: size)
      let (queue, _) = try readOnlyQueue(file, busyTimeout: busyTimeout)
      _ = try queue.read { db in try FileState(db, file: file) }
      try queue.close()
    }
    var configuration = configuration(busyTimeout: busyTimeout)
    configuration.maximumReaderCount = 4
    let pool = try DatabasePool(path: file, configuration: configuration)
    if case .ours(lacking: []) = try pool.read({ db in try FileState(db, file: file) }) { return pool }
    try ResultSchema.migrator.migrate(pool)
    return pool
  }

  /// The size of the file; nil when there is none.
  ///
  /// Only asks the file system: opening the file here and closing it again would drop the locks that SQLite holds on
  /// it elsewhere in this process.
  private static func sizeOfFile(_ file: String, mode: Mode) throws(ResultStoreError) -> Int? {
    let files = FileManager.default
    func refusal(_ reason: String) -> ResultStoreError {
      mode == .readOnly ? .missing(file: file, reason: reason) : .unwritable(file: file, reason: reason)
    }
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: file, isDirectory: &isDirectory) else {
      let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
      guard files.fileExists(atPath: directory, isDirectory: &isDirectory) else {
        throw refusal("its directory \(directory) does not exist; create it first")
      }
      guard isDirectory.boolValue else { throw refusal("\(directory) is not a directory; name another path") }
      guard mode == .readOnly || files.isWritableFile(atPath: directory) else {
        throw refusal("its directory \(directory) is read-only; name another path")
      }
      return nil
    }
    guard !isDirectory.boolValue else { throw refusal("it is a directory; name a file in it") }
    guard files.isReadableFile(atPath: file) else { throw refusal("it may not be read; check its permissions") }
    guard mode == .readOnly || files.isWritableFile(atPath: file) else {
      throw refusal("the file is read-only; change its permissions or name another file")
    }
    let attributes = try? files.attributesOfItem(atPath: file)
    guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? Int else {
      throw refusal("it is not a regular file; name another path")
    }
    // SQLite takes a file of one byte for an empty database, and would write over it.
    guard size == 0 || size >= 512 else {
      throw .corrupt(file: file, reason: "\(size) bytes are too few for a database")
    }
    return size
  }

  /// A connection that can't write, and what SQLite was told to open.
  ///
  /// A database in WAL mode needs a file beside it even for reading. Where none can be made, and no write-ahead log
  /// holds pages that the file lacks, the file is opened as one that can't change.
  private static func readOnlyQueue(_ file: String, busyTimeout: Seconds) throws -> (DatabaseQueue, String) {
    var configuration = configuration(busyTimeout: busyTimeout)
    configuration.readonly = true
    do {
      return (try DatabaseQueue(path: file, configuration: configuration), file)
    } catch let error as DatabaseError where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) {
      guard hasEmptyLog(file), let (queue, uri) = try? unchangingQueue(file) else { throw error }
      return (queue, uri)
    }
  }

  /// Refuses what is plainly not ours, damaged or cut short, before SQLite makes files beside it.
  private static func inspectWithoutTrace(_ file: String, size: Int) throws {
    guard hasEmptyLog(file) else { return }
    let before = modificationDate(file)
    do {
      let (queue, _) = try unchangingQueue(file)
      try queue.read { db in
        _ = try FileState(db, file: file)
        // SQLite takes a last page that is only partly there for a whole one.
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        guard pageSize > 0, size.isMultiple(of: pageSize) else {
          throw ResultStoreError.corrupt(file: file, reason: "its last page is cut off")
        }
      }
    } catch let error as ResultStoreError {
      throw error
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
      // A file that changes under another process looks damaged too: that is for a connection with locks to tell.
      if hasEmptyLog(file), modificationDate(file) == before { throw error }
    } catch {
      // SQLite without URIs: the connection with locks tells.
    }
  }

  /// A connection that takes no locks and makes no files, and the URI it opened: for a file without pages in its log.
  private static func unchangingQueue(_ file: String) throws -> (DatabaseQueue, String) {
    var configuration = configuration(busyTimeout: .zero)
    configuration.readonly = true
    let uri = URL(fileURLWithPath: file).absoluteString + "?immutable=1"
    return (try DatabaseQueue(path: uri, configuration: configuration), uri)
  }

  /// Whether no write-ahead log holds pages that the file lacks.
  private static func hasEmptyLog(_ file: String) -> Bool {
    let log = try? FileManager.default.attributesOfItem(atPath: file + "-wal")
    return (log?[.size] as? Int ?? 0) == 0
  }

  private static func modificationDate(_ file: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
  }

  private static func configuration(busyTimeout: Seconds) -> Configuration {
    var configuration = Configuration()
    configuration.label = "Treeline results"
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(busyTimeout.clamped.seconds)
    configuration.prepareDatabase { db in
      // A file from elsewhere must not run functions through its views, and damage is to be noticed early.
      try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }
    return configuration
  }
}

extension Seconds {
  /// The time between nothing and a day, so that it fits the clocks of SQLite; a NaN is nothing.
  var clamped: Seconds {
    Seconds(seconds.isNaN ? 0 : min(max(seconds, 0), 86_400))
  }
}
