import Quantities

/// One message between two ranks, and the two operations that must both be reached before it starts.
public struct Message: Hashable, Sendable {
  /// The rank that sends.
  public var from: Int32
  /// The rank that receives.
  public var to: Int32
  /// The `send` operation; -1 when the program has none, and the receive waits for ever.
  public var send: Int32
  /// The `receive` operation; -1 when the program has none, and the send waits for ever.
  public var receive: Int32
  /// The payload in bytes.
  public var bytes: Int64

  /// Creates a message; see the properties for the meaning of each value.
  @inlinable
  public init(from: Int32, to: Int32, send: Int32, receive: Int32, bytes: Int64) {
    self.from = from
    self.to = to
    self.send = send
    self.receive = receive
    self.bytes = bytes
  }
}
