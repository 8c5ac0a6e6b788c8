/// The exact traffic of each phase, by formula: n units over p members, for the member at one place.
///
/// Write c(i) for the units of chunk i of p (``Chunks``), and f(i) for 1 where that is not empty and 0 where it is.
extension FlatAlgorithm {
  /// A whole all-reduce.
  ///
  /// - Trees (Sanders, Speck and Träff 2009): everyone but the root sends its units up, and everyone sends them down
  ///   once for each child; a slot of scratch for each child. The two trees of the double tree have ⌊n/2⌋ and ⌈n/2⌉
  ///   units, and their scratch lives at the same time.
  /// - One-shot: p−1 messages of n units; p−1 slots of scratch.
  /// - The others are a reduce-scatter and an all-gather.
  func allReduceTraffic(_ place: Int, of count: Int, units: Int) -> UnitTraffic {
    guard count > 1, units > 0 else { return UnitTraffic() }
    switch self {
    case .ring, .halvingDoubling, .twoShot:
      return reduceScatterTraffic(place, of: count, units: units) + allGatherTraffic(place, of: count, units: units)
    case .binaryTree:
      return Self.treeTraffic(position: place + 1, of: count, units: units)
    case .doubleBinaryTree:
      let second = place == 0 ? count : place
      return Self.treeTraffic(position: place + 1, of: count, units: units / 2)
        & Self.treeTraffic(position: second, of: count, units: units - units / 2)
    case .oneShot:
      return UnitTraffic(units: (count - 1) * units, messages: count - 1, scratch: (count - 1) * units)
    }
  }

  /// The reduce-scatter of an algorithm that has one.
  ///
  /// - Ring (Patarasuk and Yuan 2009): member i sends every chunk but its own, n − c(i) units in min(n, p) − f(i)
  ///   messages, and needs room for the largest chunk that it receives, which is any but that of member i−1.
  /// - Two-shot: the same units and messages, all at once: (p−1)·c(i) of scratch.
  /// - Halving (Rabenseifner 2004): an active member parts with all but its own piece, n − c; a folded one sends n to
  ///   its neighbour (Thakur, Rabenseifner and Gropp 2005), whose scratch then is n; that of the others is the half
  ///   that they keep at the first step.
  func reduceScatterTraffic(_ place: Int, of count: Int, units: Int) -> UnitTraffic {
    guard count > 1, units > 0 else { return UnitTraffic() }
    let chunks = Chunks(of: units, count: count)
    switch self {
    case .twoShot:
      return UnitTraffic(
        units: units - chunks.size(place), messages: chunks.filled - chunks.occupancy(place),
        scratch: (count - 1) * chunks.size(place))
    case .halvingDoubling:
      let order = HalvingOrder(count: count)
      guard let number = order.number(place) else { return UnitTraffic(units: units, messages: 1) }
      let own = order.kept(number, after: order.steps, of: units).count
      // What it parts with at step t is what its partner of that step keeps.
      let messages = (0..<order.steps).count { step in
        !order.kept(number ^ 1 << step, after: step + 1, of: units).isEmpty
      }
      let half = number.isMultiple(of: 2) ? units / 2 : units - units / 2
      return UnitTraffic(units: units - own, messages: messages, scratch: place < 2 * order.folded ? units : half)
    default:
      return UnitTraffic(
        units: units - chunks.size(place), messages: chunks.filled - chunks.occupancy(place),
        scratch: chunks.largest(except: (place + count - 1) % count))
    }
  }

  /// The all-gather of an algorithm that has one; it needs no scratch.
  ///
  /// - Ring: member i sends every chunk but that of member i+1, n − c(i+1) units in min(n, p) − f(i+1) messages.
  /// - Two-shot: its own chunk to everyone else, (p−1)·c(i).
  /// - Doubling: before each step back it sends what it kept at that level, Σ over t of ⌈or⌊ n/2^(t+1); the neighbour
  ///   of a folded member sends n more.
  func allGatherTraffic(_ place: Int, of count: Int, units: Int) -> UnitTraffic {
    guard count > 1, units > 0 else { return UnitTraffic() }
    let chunks = Chunks(of: units, count: count)
    switch self {
    case .twoShot:
      return UnitTraffic(
        units: (count - 1) * chunks.size(place), messages: (count - 1) * chunks.occupancy(place))
    case .halvingDoubling:
      let order = HalvingOrder(count: count)
      guard let number = order.number(place) else { return UnitTraffic() }
      let kept = (0..<order.steps).map { order.kept(number, after: $0 + 1, of: units).count }
      let returned = place < 2 * order.folded ? 1 : 0
      return UnitTraffic(
        units: kept.reduce(0, +) + returned * units, messages: kept.count { $0 > 0 } + returned)
    default:
      let next = (place + 1) % count
      return UnitTraffic(units: units - chunks.size(next), messages: chunks.filled - chunks.occupancy(next))
    }
  }

  /// The units that a place ends a reduce-scatter with.
  func ownedUnits(_ place: Int, of count: Int, units: Int) -> Int {
    guard self == .halvingDoubling else { return Chunks(of: units, count: count).size(place) }
    let order = HalvingOrder(count: count)
    return order.number(place).map { order.kept($0, after: order.steps, of: units).count } ?? 0
  }

  /// Reduction to the first member of a node and broadcast back, by a star or a tree.
  func leaderTraffic(_ place: Int, of count: Int, units: Int) -> (up: UnitTraffic, down: UnitTraffic) {
    guard count > 1, units > 0 else { return (UnitTraffic(), UnitTraffic()) }
    let children: Int
    if direct {
      children = place == 0 ? count - 1 : 0
    } else {
      // The root's position is the largest power of two, and the places go around from there.
      let tree = InOrderTree(count: count)
      children = tree.childCount((place + tree.root - 1) % count + 1)
    }
    let rises = place == 0 ? 0 : 1
    return (
      UnitTraffic(units: rises * units, messages: rises, scratch: children * units),
      UnitTraffic(units: children * units, messages: children)
    )
  }

  /// A reduction up and a broadcast down one tree.
  private static func treeTraffic(position: Int, of count: Int, units: Int) -> UnitTraffic {
    guard units > 0 else { return UnitTraffic() }
    let tree = InOrderTree(count: count)
    let children = tree.childCount(position)
    let sent = (position == tree.root ? 0 : 1) + children
    return UnitTraffic(units: sent * units, messages: sent, scratch: children * units)
  }

  /// The units that all members of an all-reduce send together: 2(p−1)·n for every algorithm that reduces each unit
  /// once and copies it once to each other member, p(p−1)·n for the one-shot.
  func totalUnits(of count: Int, units: Int) -> Int {
    self == .oneShot ? count * (count - 1) * units : 2 * (count - 1) * units
  }

  /// The messages of all members of an all-reduce.
  ///
  /// Ring and two-shot: 2(p−1)·min(n, p). Trees: 2(p−1) each. One-shot: p(p−1). Halving-doubling: at the step that
  /// leaves pieces of 2^t, each of the q/2^t members of a filled piece gets one message, and as many go back:
  /// 2·Σ q/2^t·min(n, 2^t), and 2r for the fold.
  func totalMessages(of count: Int, units: Int) -> Int {
    guard count > 1, units > 0 else { return 0 }
    switch self {
    case .ring, .twoShot: return 2 * (count - 1) * min(units, count)
    case .binaryTree: return 2 * (count - 1)
    case .doubleBinaryTree: return 2 * (count - 1) * min(units, 2)
    case .oneShot: return count * (count - 1)
    case .halvingDoubling:
      let order = HalvingOrder(count: count)
      let halves = (0..<order.steps).map { order.active >> ($0 + 1) * min(units, 2 << $0) }
      return 2 * halves.reduce(0, +) + 2 * order.folded
    }
  }
}
