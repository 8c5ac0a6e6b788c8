import Quantities

extension AllGather {
  /// What one member sends, exactly. Every other member's slice lands in place, so there is no scratch.
  ///
  /// With c(i) the bytes of the slice of member i: direct, (p−1)·c(i). Ring: everything but the slice of the next
  /// member, Σc − c(i+1), in as many messages as there are such slices that are not empty.
  public func traffic(of member: Int, _ algorithm: Algorithm) -> MemberTraffic {
    switch algorithm {
    case .direct:
      return MemberTraffic(
        bytes: bytes(member) * (size - 1), messages: counts[member] > 0 ? size - 1 : 0, peakScratch: .zero)
    case .ring:
      guard size > 1 else { return MemberTraffic(bytes: .zero, messages: 0, peakScratch: .zero) }
      let next = (member + 1) % size
      return MemberTraffic(
        bytes: Bytes(Int64(totalCount - counts[next])) * type.size,
        messages: counts.count { $0 > 0 } - (counts[next] > 0 ? 1 : 0), peakScratch: .zero)
    }
  }

  /// What all members send together: (p−1)·Σc by either algorithm.
  public var totalTraffic: TotalTraffic {
    TotalTraffic(
      bytes: Bytes(Int64(totalCount)) * type.size * (size - 1), messages: (size - 1) * counts.count { $0 > 0 })
  }

  /// The time on a uniform network without contention, exact for equal slices.
  ///
  /// With b the largest slice: direct (p−1)·o + l + bβ; ring (p−1)(α + bβ) (Thakur, Rabenseifner and Gropp, IJHPCA 2005, section
  /// 4.1). The copy of the own slice, 2b of memory traffic, runs beside.
  ///
  /// - Parameters:
  ///   - algorithm: How it is done.
  ///   - copies: Whether the own slice has to be copied into the full buffer.
  ///   - network: The network.
  public func time(_ algorithm: Algorithm, copies: Bool, on network: AlphaBeta) -> CollectiveCost {
    guard totalCount > 0, size > 1 || copies else { return .zero }
    let largest = group.indices.map { bytes($0).baseUnits }.max() ?? 0
    let steps = size == 1 ? 0 : algorithm == .ring ? size - 1 : 1
    var cost =
      CollectiveCost(launch: network.launch)
      + network.cost(messages: steps, posts: size - 1, bytes: Double(steps) * largest, reduced: 0)
    let copy = Seconds(copies ? 2 * largest / network.reductionRate.bytesPerSecond : 0)
    let moved = cost.total - cost.launch
    if copy > moved { cost.reduction = copy - moved }
    return cost
  }
}
