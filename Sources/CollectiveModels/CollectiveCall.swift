import Quantities

/// One call of a collective, without the machine that it runs on.
public struct CollectiveCall: Hashable, Sendable {
  /// What the ranks do.
  public let collective: CollectiveKind
  /// nccl-tests' size; see ``CollectiveRow/bytes``.
  public let bytes: Bytes
  /// Whether an element is one byte of an integer.
  public let isByteIntegers: Bool

  /// Creates a call.
  public init(collective: CollectiveKind, bytes: Bytes, isByteIntegers: Bool = false) {
    self.collective = collective
    self.bytes = bytes
    self.isByteIntegers = isByteIntegers
  }
}
