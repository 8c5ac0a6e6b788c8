/// What is to be said of a row.
public struct ImportIssue: Hashable, Sendable {
  /// What became of the row.
  public enum Kind: String, CaseIterable, Sendable {
    /// It can't be used, and is left out.
    case bad
    /// It was there before, and is left out.
    case duplicate
    /// It is kept, and should not be relied on.
    case unverified
  }

  /// The line; 0 where the problem is of no line, as in a database.
  public let line: Int
  /// What became of the row.
  public let kind: Kind
  /// What was found, and what was expected.
  public let problem: String

  /// Creates an issue.
  public init(line: Int, kind: Kind, problem: String) {
    self.line = line
    self.kind = kind
    self.problem = problem
  }

  /// One sentence for a person, which begins with the file and the line.
  public func text(file: String) -> String {
    (line > 0 ? "\(file):\(line): " : "\(file): ") + "\(kind.rawValue): \(problem)"
  }
}

/// What is wrong with a row.
struct RowProblem: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
