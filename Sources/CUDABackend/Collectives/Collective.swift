import Quantities

/// A collective of NCCL's, with what nccl-tests calls its size and its bandwidths (doc/PERFORMANCE.md there).
public enum Collective: String, Hashable, Sendable, CaseIterable {
  case allReduce = "all-reduce"
  case allGather = "all-gather"
  case reduceScatter = "reduce-scatter"
  case allToAll = "all-to-all"
  /// Each rank sends to the next one of a ring and receives from the one before it.
  case sendReceive = "send-recv"
  /// From rank 0.
  case broadcast

  /// The bytes that cross a rank's links each way, as a share of the size: bus bandwidth over algorithm bandwidth.
  ///
  /// - Parameter ranks: The number of ranks.
  public func busFactor(ranks: Int) -> Double {
    let others = Double(ranks - 1) / Double(ranks)
    switch self {
    case .allReduce: return 2 * others
    case .allGather, .reduceScatter, .allToAll: return others
    case .sendReceive, .broadcast: return 1
    }
  }

  /// Whether source and target may be the same memory.
  public var worksInPlace: Bool { self != .allToAll && self != .sendReceive }

  /// Whether it adds numbers up.
  public var reduces: Bool { self == .allReduce || self == .reduceScatter }

  /// How it divides a size among ranks.
  ///
  /// All-gather, reduce-scatter and all-to-all take whole parts of 16 bytes a rank, as nccl-tests does, so that the size is
  /// rounded down; none is left of a small one.
  ///
  /// - Parameters:
  ///   - size: The size that was asked for.
  ///   - type: The type of elements.
  ///   - ranks: The number of ranks.
  public func shape(size: Bytes, type: CollectiveType, ranks: Int) -> CollectiveShape {
    let count = Int(size.count) / type.byteCount
    let unit = 16 / type.byteCount
    let part = count / ranks / unit * unit
    switch self {
    case .allReduce, .sendReceive, .broadcast:
      return CollectiveShape(count: count, sent: count, received: count)
    case .allGather: return CollectiveShape(count: part, sent: part, received: part * ranks)
    case .reduceScatter: return CollectiveShape(count: part, sent: part * ranks, received: part)
    case .allToAll: return CollectiveShape(count: part, sent: part * ranks, received: part * ranks)
    }
  }
}

/// How a collective divides its elements.
public struct CollectiveShape: Hashable, Sendable {
  /// The count that NCCL is called with.
  public let count: Int
  /// The elements that a rank gives.
  public let sent: Int
  /// The elements that a rank gets.
  public let received: Int

  /// The elements of the size: the larger of both buffers.
  public var whole: Int { max(sent, received) }
}
