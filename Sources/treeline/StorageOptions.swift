import ArgumentParser
import Quantities
import Reporting
import ResultStore

/// Where results are stored.
struct StorageOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The database that results are stored in.")
  var database: String = "treeline.sqlite"

  @Flag(name: .customLong("no-store"), help: "Store nothing.")
  var skipsStore: Bool = false

  /// Opens the database for writing; nil when nothing is to be stored.
  func open() throws -> ResultDatabase? {
    guard !skipsStore else { return nil }
    return try DatabasePath.open(database, mode: .readWriteCreate)
  }

  /// Says where the runs went.
  func closingLines(_ numbers: [Int64]) -> [String] {
    guard let first = numbers.first, let last = numbers.last else { return [] }
    let runs = first == last ? "run \(first)" : "runs \(first) to \(last)"
    let option = database == "treeline.sqlite" ? "" : " --database \(CommandText.quoted(database))"
    let line = "Stored as \(runs) in \(database); look again: treeline results show \(first)\(option)"
    return ["", PrintableText.line(line)]
  }
}

/// Where results are read from.
struct ReadingOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The database that results are read from.")
  var database: String = "treeline.sqlite"

  /// Opens the database for reading.
  func open() throws -> ResultDatabase {
    try DatabasePath.open(database, mode: .readOnly)
  }
}

/// The value of `--database`.
enum DatabasePath {
  /// The size from which on copying a database into memory takes long enough to be told of.
  private static let largeCopy = Bytes(64_000_000)

  /// Opens the database; an empty path is refused, which a shell makes of an unset variable.
  static func open(_ path: String, mode: ResultDatabase.Mode) throws -> ResultDatabase {
    guard !path.isEmpty else { throw UsageError("--database: found '', expected the path of a file") }
    let database = try ResultDatabase(path: path, mode: mode)
    if let size = database.copiedSize, size > largeCopy {
      CommandFailure.warn(
        "\(path) is of an older version, and all of its \(size) are copied into memory for each reading; once a run is "
          + "stored in it, the file itself is up to date and read at once")
    }
    return database
  }
}
