/// What the ranks of a collective do, by the names of nccl-tests.
public enum CollectiveKind: String, CaseIterable, Hashable, Sendable {
  /// Every rank gets the sum of all buffers.
  case allReduce = "all_reduce"
  /// Every rank gets the parts of all.
  case allGather = "all_gather"
  /// Every rank gets its part of the sum.
  case reduceScatter = "reduce_scatter"
  /// Every rank sends a part to every other.
  case allToAll = "alltoall"
  /// All ranks get one rank's buffer.
  case broadcast
  /// Every rank sends its buffer to the next and receives one from the rank before.
  case sendReceive = "sendrecv"

  /// Whether it adds up.
  public var isReducing: Bool { self == .allReduce || self == .reduceScatter }

  /// Whether it is made of messages between pairs, for which NCCL chooses no algorithm.
  public var isPointToPoint: Bool { self == .allToAll || self == .sendReceive }

  /// The steps of a ring, each of which moves 1/n of the buffer (NCCL's `nsteps`).
  func ringSteps(_ ranks: Int) -> Int {
    switch self {
    case .allReduce: 2 * (ranks - 1)
    case .broadcast: ranks
    default: ranks - 1
    }
  }

  /// The steps of a ring that cross nodes.
  func stepsBetweenNodes(_ nodes: Int) -> Int {
    guard nodes > 1 else { return 0 }
    return self == .allReduce ? 2 * (nodes - 1) : nodes - 1
  }

  /// What nccl-tests multiplies bytes over time by to get its bus bandwidth (nccl-tests, doc/PERFORMANCE.md).
  public func busFactor(_ ranks: Int) -> Double {
    let share = Double(ranks - 1) / Double(ranks)
    switch self {
    case .allReduce: return 2 * share
    case .allGather, .reduceScatter, .allToAll: return share
    case .broadcast, .sendReceive: return 1
    }
  }
}
