import Quantities

/// A piece of one rank's device memory.
public struct Buffer: Hashable, Sendable {
  /// The rank whose memory it lies in.
  public var rank: Int32
  /// What it holds, as an index into ``Program/labels``.
  public var label: Int32
  /// Whether it lives from before the first operation to after the last, as a KV cache does; other buffers live from
  /// their `allocate` to their `free`.
  public var persistent: Bool
  /// The type of its elements.
  public var type: DataType
  /// How many elements it holds.
  public var elements: Int64

  /// Creates a buffer; see the properties for the meaning of each value.
  @inlinable
  public init(rank: Int32, label: Int32, persistent: Bool, type: DataType, elements: Int64) {
    self.rank = rank
    self.label = label
    self.persistent = persistent
    self.type = type
    self.elements = elements
  }

  /// Its size.
  @inlinable public var bytes: Bytes { Bytes(elements * Int64(type.size)) }
}
