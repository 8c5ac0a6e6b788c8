import Quantities

/// What a query may take before it is stopped.
public struct QueryLimits: Sendable, Hashable {
  /// The rows returned; the rest is left out, and the result says so.
  public var rows: Int
  /// The time to run.
  public var time: Seconds
  /// The bytes of text and blobs returned, and of any one value on the way.
  public var size: Bytes

  /// Creates limits.
  ///
  /// - Parameters:
  ///   - rows: The rows returned.
  ///   - time: The time to run.
  ///   - size: The bytes of text and blobs returned, and of any one value on the way.
  public init(rows: Int = 10_000, time: Seconds = Seconds(10), size: Bytes = Bytes(64 << 20)) {
    self.rows = rows
    self.time = time
    self.size = size
  }
}
