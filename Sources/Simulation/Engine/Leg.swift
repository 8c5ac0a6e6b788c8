/// A stretch of the way of a message that a failed link sent another way: what one route carried of it.
public struct Leg: Hashable, Sendable {
  /// The message.
  public let message: Int32
  /// The route, as an index into the timeline's.
  public let route: Int32
  /// The payload that it carried, in bytes; over the legs of a message they add up to the whole.
  public let bytes: Int64
  /// When its bytes began to flow, in seconds.
  public let start: Double
  /// When they ended, in seconds.
  public let end: Double
}
