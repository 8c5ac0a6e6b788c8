/// The name of a buffer of a ``Program``: its place in ``Program/buffers``.
public struct BufferID: Hashable, Sendable {
  /// The place in ``Program/buffers``, from 0.
  public let index: Int32

  /// Creates the name of the buffer at a place.
  @inlinable
  public init(_ index: Int32) {
    self.index = index
  }
}
