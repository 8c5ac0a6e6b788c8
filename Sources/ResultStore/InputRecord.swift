/// A text that a run was made from, such as a topology file, kept whole so that the run can be repeated.
public struct InputRecord: Sendable, Hashable {
  /// The SHA-256 of the text, 64 lower-case hexadecimal digits, worked out by the caller.
  public var hash: String
  /// What the text describes: `topology`, `model`, …
  public var kind: String
  /// What it is called, such as `dgx-h100-16`.
  public var name: String
  /// The whole text.
  public var text: String

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - hash: The SHA-256 of the text in lower-case hexadecimal digits.
  ///   - kind: What the text describes.
  ///   - name: What it is called.
  ///   - text: The whole text.
  public init(hash: String, kind: String, name: String, text: String) {
    self.hash = hash
    self.kind = kind
    self.name = name
    self.text = text
  }
}
