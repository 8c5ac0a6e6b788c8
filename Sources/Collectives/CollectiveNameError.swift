/// A text that names no collective algorithm: what was found, and what was expected.
public struct CollectiveNameError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text as it stood.
  public let found: String
  /// What would have been read, with the nearest name.
  public let expected: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - found: The text as it stood.
  ///   - expected: What would have been read, with the nearest name.
  public init(found: String, expected: String) {
    self.found = found
    self.expected = expected
  }

  /// One sentence for a person.
  public var description: String { "found '\(found)', expected \(expected)" }
}
