/// What is known of what a message carries, so that a change that changes nothing is not taken for one that does.
public struct MessageContent: Hashable, Sendable {
  /// A number that two messages share when they carry the same.
  public var content: Int32
  /// A number that two messages share when they carry the same elements, such as partial sums of one chunk over
  /// different ranks.
  public var elements: Int32
  /// Whether its target holds something else before it arrives.
  public var isNew: Bool

  /// Creates a description; see the properties for the meaning of each value.
  public init(content: Int32, elements: Int32, isNew: Bool) {
    self.content = content
    self.elements = elements
    self.isNew = isNew
  }
}
