/// One thing that is wrong with a program, whatever order it runs in.
public struct ProgramFault: Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The program can't run as it stands: ends, lives, bounds, streams, or operations that wait for one another.
    case structure
    /// Two operations use the same elements, one writes them, and nothing orders the two.
    case race
    /// What is computed or kept is not what should be.
    case coverage
  }

  /// What is wrong.
  public let kind: Kind
  /// One sentence for a person, which names the operations, as a listing does, and their buffers.
  public let description: String

  /// Creates a fault.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
