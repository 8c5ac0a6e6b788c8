import Measurements

/// What is to be said of a row of an imported file, as JSON.
public struct IssueDocument: Encodable {
  private let line: Int?
  private let kind: String
  private let problem: String

  /// Creates a document.
  public init(_ issue: ImportIssue) {
    line = issue.line > 0 ? issue.line : nil
    kind = issue.kind.rawValue
    problem = issue.problem
  }
}
