/// What an operation of a ``Program`` does.
public enum OperationKind: UInt8, Sendable, Hashable, CaseIterable {
  /// Runs a kernel on the rank's device.
  case compute
  /// Sends a message; finishes when the message has arrived.
  case send
  /// Receives a message; finishes when the message has arrived.
  case receive
  /// Makes a buffer live; takes no time.
  case allocate
  /// Ends the life of a buffer; takes no time.
  case free
}
