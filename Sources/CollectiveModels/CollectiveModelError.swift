/// Why there is no model of collectives, or no prediction.
public enum CollectiveModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Too few rows for a fit.
  case tooFewRows(fit: String, rows: Int, expected: Int)
  /// A fit that did not converge.
  case noConvergence(fit: String, reason: String)
  /// A choice that a machine does not have.
  case choice(asked: String, present: [String])

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .tooFewRows(let fit, let rows, let expected):
      "\(fit): found \(rows) rows, expected \(expected) or more for a fit"
    case .noConvergence(let fit, let reason): "\(fit): the fit did not converge: \(reason); nothing is written"
    case .choice(let asked, let present):
      "found '\(asked)', expected one of what NCCL has for this call here: \(present.joined(separator: ", "))"
    }
  }
}
