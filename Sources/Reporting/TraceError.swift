/// Why a trace could not be written; each message names the file and what is wrong.
public enum TraceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file can't be created or written: permissions, a missing directory, a full disk.
  case unwritable(file: String, reason: String)
  /// The ranks to trace are no list of whole numbers and ranges.
  case badRanks(found: String)
  /// A rank to trace does not take part in the run.
  case noSuchRank(found: Int, worldSize: Int)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .unwritable(let file, let reason):
      "\(file): the trace can't be written: \(reason)"
    case .badRanks(let found):
      "--trace-ranks: found '\(found)', expected ranks and ranges joined by commas, such as 0-7,12"
    case .noSuchRank(let found, let worldSize):
      "--trace-ranks: no rank \(found); the run has ranks 0 to \(worldSize - 1)"
    }
  }
}
