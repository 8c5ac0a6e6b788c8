/// Puts spans that may overlap into lanes in which none do: in the order of their starts, each goes to the first lane
/// that is free.
struct TraceLanes {
  /// The spans of each lane, as places in the list given, in the order of time.
  private(set) var lanes: [[Int]] = []

  /// Assigns spans to lanes; equal ones in the order of the list.
  ///
  /// - Complexity: O(n log n + n·lanes/64).
  init(_ spans: [(start: Double, end: Double)]) {
    let byStart = spans.indices.sorted { left, right in
      (spans[left].start, spans[left].end, left) < (spans[right].start, spans[right].end, right)
    }
    let byEnd = spans.indices.sorted { left, right in
      (spans[left].end, spans[left].start, left) < (spans[right].end, spans[right].start, right)
    }
    var laneOf = [Int](repeating: -1, count: spans.count)
    var free: [UInt64] = []
    var ended = 0
    for span in byStart {
      // A span of no length may end where it is about to be placed: those behind it wait until it has been.
      while ended < byEnd.count, spans[byEnd[ended]].end <= spans[span].start, laneOf[byEnd[ended]] >= 0 {
        let lane = laneOf[byEnd[ended]]
        free[lane / 64] |= 1 << UInt64(lane % 64)
        ended += 1
      }
      let lane: Int
      if let word = free.firstIndex(where: { $0 != 0 }) {
        let bit = free[word].trailingZeroBitCount
        free[word] &= ~(1 << UInt64(bit))
        lane = word * 64 + bit
      } else {
        lane = lanes.count
        lanes.append([])
        if lane / 64 == free.count { free.append(0) }
      }
      laneOf[span] = lane
      lanes[lane].append(span)
    }
  }
}
