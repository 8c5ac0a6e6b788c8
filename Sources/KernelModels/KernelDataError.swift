/// Why a file of kernel times can't be used at all.
public enum KernelDataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The first line does not name the columns.
  case header(file: String, found: String, expected: String, hint: String)
  /// More than a tenth of the rows are bad.
  case tooManyBad(file: String, bad: Int, rows: Int, first: String)
  /// The times are not in microseconds.
  case units(file: String, ratio: Double, expected: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .header(let file, let found, let expected, let hint):
      "\(file):1: found '\(found)', expected the columns '\(expected)'\(hint)"
    case .tooManyBad(let file, let bad, let rows, let first):
      "\(file): found \(bad) bad rows of \(rows), expected at most a tenth; the first is \(first)"
    case .units(let file, let ratio, let expected):
      "\(file): found times that are \(ratio < 1 ? "" : "over ")\(Self.rounded(ratio)) times what such kernels take, "
        + "expected \(expected)"
    }
  }

  private static func rounded(_ ratio: Double) -> String {
    ratio >= 10 ? "\(Int(ratio.rounded()))" : "\((ratio * 1e6).rounded() / 1e6)"
  }
}
