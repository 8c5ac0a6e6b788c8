/// Why a flow job could not be read or made.
public struct FlowJobError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line of the text, from 1; nil when there is no text.
  public var line: Int?
  /// What was found and what was expected.
  public var problem: String

  /// One sentence for a person.
  public var description: String {
    line.map { "line \($0): \(problem)" } ?? problem
  }
}
