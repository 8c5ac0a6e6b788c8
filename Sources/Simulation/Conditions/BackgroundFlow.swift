import Quantities

/// Traffic that is not the program's and competes with it for links: messages from one rank to another, again and again.
public struct BackgroundFlow: Hashable, Sendable {
  /// The rank that sends.
  public var from: Int
  /// The rank that receives.
  public var to: Int
  /// The size of each message.
  public var bytes: Bytes
  /// When the first message starts.
  public var start: Seconds
  /// The time from the start of one message to that of the next, which also waits for the one before to arrive: a
  /// sender that can't keep up sends without a pause. Nil to send without a pause anyhow, so that the flow is always
  /// there and takes its max-min share.
  public var interval: Seconds?
  /// When the last message may start; nil for no end.
  public var end: Seconds?

  /// Creates background traffic; see the properties for the meaning of each value.
  public init(
    from: Int, to: Int, bytes: Bytes, start: Seconds = .zero, interval: Seconds? = nil, end: Seconds? = nil
  ) {
    self.from = from
    self.to = to
    self.bytes = bytes
    self.start = start
    self.interval = interval
    self.end = end
  }
}
