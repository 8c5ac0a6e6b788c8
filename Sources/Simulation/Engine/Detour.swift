/// What a route that is not the planned one has carried of a message, after a link had failed.
public struct Detour: Hashable, Sendable {
  /// The message.
  public let message: Int32
  /// The route, as an index into the timeline's.
  public let route: Int32
  /// The payload that it carried, in bytes.
  public let bytes: Int64
}
