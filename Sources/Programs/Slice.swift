/// A run of elements of a buffer: what a message carries, or what a kernel reads or writes.
public struct Slice: Hashable, Sendable {
  /// The buffer.
  public var buffer: BufferID
  /// The first element.
  public var offset: Int64
  /// How many elements.
  public var count: Int64

  /// Creates a slice; see the properties for the meaning of each value.
  @inlinable
  public init(_ buffer: BufferID, offset: Int64, count: Int64) {
    self.buffer = buffer
    self.offset = offset
    self.count = count
  }
}
