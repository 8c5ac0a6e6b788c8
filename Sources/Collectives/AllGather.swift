import Programs
import Quantities

/// The collection of one slice from every rank of a group, of any sizes, in a buffer on every rank.
///
/// The slices lie in the buffer in the order of the group.
///
///     let gather = AllGather(group: Array(0..<4), counts: shards.map(\.count), type: .bf16)
///     let done = gather.lower(.ring, sources: shards, targets: full, ready: ready, into: &builder)
public struct AllGather: Hashable, Sendable {
  /// How it is done.
  public enum Algorithm: String, Sendable, Hashable, CaseIterable {
    /// p−1 steps around a ring, each of one slice from every rank to the next.
    case ring
    /// One step: every rank sends its slice to every other.
    case direct

    /// The name in files and tables.
    public var name: String { rawValue }
  }

  /// The ranks, in order.
  public var group: [Int]
  /// The elements that each member brings.
  public var counts: [Int]
  /// The type of the elements.
  public var type: DataType

  /// Creates an all-gather; see the properties for the meaning of each value.
  public init(group: [Int], counts: [Int], type: DataType) {
    self.group = group
    self.counts = counts
    self.type = type
  }

  /// The number of ranks, p.
  public var size: Int { group.count }

  /// The elements of the full buffer.
  public var totalCount: Int { counts.reduce(0, +) }

  /// Where each member's slice starts in the full buffer.
  public var offsets: [Int] {
    var next = 0
    return counts.map { count in
      defer { next += count }
      return next
    }
  }

  /// The bytes of a member's slice.
  public func bytes(_ member: Int) -> Bytes { Bytes(Int64(counts[member])) * type.size }
}
