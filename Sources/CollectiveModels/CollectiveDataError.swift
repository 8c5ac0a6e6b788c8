/// Why a file of collective times can't be used at all.
public enum CollectiveDataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The first line does not name the columns.
  case header(file: String, found: String, expected: String, hint: String)
  /// More than a tenth of the rows are bad.
  case tooManyBad(file: String, bad: Int, rows: Int, first: String)
  /// The times of a log are not in microseconds.
  case units(file: String, line: Int, log: String, ratio: Double)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .header(let file, let found, let expected, let hint):
      "\(file):1: found '\(found)', expected the columns '\(expected)' in any order\(hint)"
    case .tooManyBad(let file, let bad, let rows, let first):
      "\(file): found \(bad) bad rows of \(rows), expected at most a tenth; the first is \(first)"
    case .units(let file, let line, let log, let ratio):
      "\(file):\(line): the times of \(log) are about \(Self.rounded(ratio)) times NCCL's own estimate, expected 0.05 to "
        + "20 times; time_us is in microseconds and bytes in bytes"
    }
  }

  private static func rounded(_ ratio: Double) -> String {
    ratio >= 10 ? "\(Int(min(ratio, 1e15).rounded()))" : "\((ratio * 1e6).rounded() / 1e6)"
  }
}
