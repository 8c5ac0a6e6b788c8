import ArgumentParser
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
    return try ResultDatabase(path: database, mode: .readWriteCreate)
  }

  /// Says where the runs went.
  func closingLines(_ numbers: [Int64]) -> [String] {
    guard let first = numbers.first, let last = numbers.last else { return [] }
    let runs = first == last ? "run \(first)" : "runs \(first) to \(last)"
    let option = database == "treeline.sqlite" ? "" : " --database \(database)"
    return ["", "Stored as \(runs) in \(database); look again: treeline results show \(first)\(option)"]
  }
}

/// Where results are read from.
struct ReadingOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The database that results are read from.")
  var database: String = "treeline.sqlite"

  /// Opens the database for reading.
  func open() throws -> ResultDatabase {
    try ResultDatabase(path: database, mode: .readOnly)
  }
}
