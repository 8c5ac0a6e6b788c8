import GRDB
import Quantities

/// A file of results: runs, the texts they were made from, and every figure with its unit and provenance.
///
///     let database = try ResultDatabase(path: "results.sqlite", mode: .readWriteCreate)
///     let id = try database.save(run: run, inputs: [topology, model], results: [tree, ring])
///     for row in try database.compare(1, id).metrics { print(row.name, row.ratio ?? 1) }
///
/// The file is SQLite in WAL mode: readers never wait for a writer, and writers of several processes take turns. It is
/// marked with ``applicationID``, and a file that is something else, damaged or newer is refused before anything is
/// written to it. It knows nothing of simulation: a record is names, texts and numbers.
///
/// Copies of a value share its connections. A file must not be opened by other means in the same process meanwhile:
/// closing any descriptor of it drops the locks of SQLite (https://www.sqlite.org/howtocorrupt.html, section 2.2).
public struct ResultDatabase: Sendable {
  /// What a database is opened for.
  public enum Mode: Sendable, Hashable {
    /// For reading and writing, created when absent.
    case readWriteCreate
    /// For reading what exists.
    case readOnly
  }

  /// The number in the header of the file that marks it as Treeline's: `Trln` in ASCII.
  public static let applicationID: Int32 = 0x5472_6C6E

  /// The absolute path of the file, links resolved.
  public let path: String
  /// What it was opened for.
  public let mode: Mode
  /// The size of the file where what is read is a copy of it in memory, because an older version wrote it; otherwise nil.
  public let copiedSize: Bytes?
  /// What SQLite is told to open for reading: the path, or a URI that says the file can't change.
  let readingPath: String
  let busyTimeout: Seconds
  let connections: any DatabaseWriter

  /// Closes the file and merges the write-ahead log into it; every later use fails.
  ///
  /// - Throws: ``ResultStoreError`` when a read or a write is going on.
  public func close() throws(ResultStoreError) {
    try attempt {
      // The writer closes last, because only a connection that may write can merge the log.
      (connections as? DatabasePool)?.invalidateReadOnlyConnections()
      try connections.close()
    }
  }

  /// Runs a body, and turns what it throws into an error for a person.
  func attempt<Value>(_ body: () throws -> Value) throws(ResultStoreError) -> Value {
    do {
      return try body()
    } catch {
      throw ResultStoreError(error, file: path, mode: mode)
    }
  }
}
