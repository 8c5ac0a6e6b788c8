import Quantities

/// What a message of background traffic moved while a program ran.
public struct BackgroundTransfer: Hashable, Sendable {
  /// The index of its flow in ``Conditions/background``.
  public let flow: Int
  /// The route that it ended on, as an index into the timeline's.
  public let route: Int32
  /// When it started.
  public let start: Seconds
  /// When it ended; for a message still under way, the last moment at which the program's messages were.
  public let end: Seconds
  /// What it moved by then.
  public let bytes: Bytes
}
