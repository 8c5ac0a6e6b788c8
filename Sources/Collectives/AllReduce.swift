import Programs
import Quantities

/// A reduction of equally many units from every rank of a group, with the result on every rank.
///
/// A member is a rank's place in the group, from 0. Every formula and every lowering speaks of members; the group says
/// which rank each is, in any order.
///
///     let allReduce = AllReduce(
///       group: Array(0..<8), payload: Payload(units: 32, elementsPerUnit: 130, type: .fp32), reduction: .onlineSoftmax)
///     let done = allReduce.lower(.ring, buffers: states, ready: attended, into: &builder)
///     allReduce.traffic(.ring).total  // bytes and messages, by closed form
public struct AllReduce: Hashable, Sendable {
  /// The ranks, in the order that rings and trees follow.
  public var group: [Int]
  /// What each rank brings.
  public var payload: Payload
  /// How two payloads combine.
  public var reduction: Reduction

  /// Creates an all-reduce; see the properties for the meaning of each value.
  public init(group: [Int], payload: Payload, reduction: Reduction) {
    self.group = group
    self.payload = payload
    self.reduction = reduction
  }

  /// The number of ranks, p.
  public var size: Int { group.count }

  /// Whether there is nothing to do: one rank, or nothing to reduce.
  public var trivial: Bool { size <= 1 || payload.units == 0 || payload.elementsPerUnit == 0 }

  /// All members as one node: the grouping of an all-reduce that knows of no nodes.
  public var oneNode: [[Int]] { [Array(0..<size)] }
}
