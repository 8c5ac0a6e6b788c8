/// Why there is no model, or no prediction.
public enum KernelModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A shape that no kernel has, or that no formula covers.
  case shape(field: String, found: String, expected: String)
  /// A figure of a device that can't be.
  case device(name: String, field: String, found: String, expected: String)
  /// Too few rows for a fit.
  case tooFewRows(fit: String, rows: Int, expected: Int)
  /// A fit that did not converge.
  case noConvergence(fit: String, reason: String)
  /// A profile has no parameters for what was asked.
  case noParameters(asked: String, present: [String])

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .shape(let field, let found, let expected): "\(field): found \(found), expected \(expected)"
    case .device(let name, let field, let found, let expected):
      "device '\(name)', \(field): found \(found), expected \(expected)"
    case .tooFewRows(let fit, let rows, let expected):
      "\(fit): found \(rows) rows, expected \(expected) or more for a fit"
    case .noConvergence(let fit, let reason): "\(fit): the fit did not converge: \(reason); nothing is written"
    case .noParameters(let asked, let present):
      "no parameters for \(asked), and none of a kernel like it; there are: "
        + (present.isEmpty ? "none" : present.joined(separator: ", "))
    }
  }
}
