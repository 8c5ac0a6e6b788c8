/// The steps of each phase, for several groups of equal size that do the same at the same time.
extension StepProfiler {
  /// How many of the p−1 shifts of a direct exchange are routed; beyond that a seeded sample stands for all.
  private static var sampledShifts: Int { 16 }

  /// A whole all-reduce.
  ///
  /// - Parameters:
  ///   - algorithm: How it is done.
  ///   - groups: The members of each group.
  mutating func allReduce(_ algorithm: FlatAlgorithm, _ groups: [[Int]]) -> Schedule {
    let count = groups.first?.count ?? 0
    guard count > 1 else { return Schedule() }
    switch algorithm {
    case .ring, .halvingDoubling, .twoShot:
      let scatter = reduceScatter(algorithm, groups)
      return scatter + gather(of: algorithm, scatter, groups)
    case .binaryTree:
      return tree(groups, shifts: [0])
    case .doubleBinaryTree:
      return tree(groups, shifts: [0, 1])
    case .oneShot:
      return Schedule(steps: [
        Schedule.Step(
          profile: exchange(groups), divisor: 1, repeats: 1, reductions: count - 1, thins: false)
      ])
    }
  }

  /// The reduce-scatter of an algorithm that has one.
  mutating func reduceScatter(_ algorithm: FlatAlgorithm, _ groups: [[Int]]) -> Schedule {
    let count = groups.first?.count ?? 0
    guard count > 1 else { return Schedule() }
    switch algorithm {
    case .twoShot:
      return Schedule(steps: [
        Schedule.Step(
          profile: exchange(groups), divisor: count, repeats: 1, reductions: count - 1, thins: true,
          thinsPosts: true)
      ])
    case .halvingDoubling:
      let order = HalvingOrder(count: count)
      var steps: [Schedule.Step] = []
      if order.folded > 0 {
        let pairs = groups.flatMap { group in
          (0..<order.folded).map { StepMessage(from: group[2 * $0], to: group[2 * $0 + 1]) }
        }
        steps.append(Schedule.Step(profile: profile(pairs), divisor: 1, repeats: 1, reductions: 1, thins: false))
      }
      for step in 0..<order.steps {
        let pairs = groups.flatMap { group in
          (0..<order.active).map { number in
            StepMessage(from: group[order.member(number)], to: group[order.member(number ^ 1 << step)])
          }
        }
        steps.append(
          Schedule.Step(profile: profile(pairs), divisor: 2 << step, repeats: 1, reductions: 1, thins: true))
      }
      return Schedule(steps: steps)
    default:
      let links = groups.flatMap { group in
        (0..<count).map { StepMessage(from: group[$0], to: group[($0 + 1) % count]) }
      }
      return Schedule(steps: [
        Schedule.Step(profile: profile(links), divisor: count, repeats: count - 1, reductions: 1, thins: true)
      ])
    }
  }

  /// The all-gather of an algorithm that has one: the messages of its reduce-scatter without the reductions, and the
  /// fold the other way.
  mutating func gather(of algorithm: FlatAlgorithm, _ scatter: Schedule, _ groups: [[Int]]) -> Schedule {
    var gather = scatter.withoutReductions
    let order = HalvingOrder(count: groups.first?.count ?? 1)
    if algorithm == .halvingDoubling, order.folded > 0 {
      let pairs = groups.flatMap { group in
        (0..<order.folded).map { StepMessage(from: group[2 * $0 + 1], to: group[2 * $0]) }
      }
      gather.steps[0].profile = profile(pairs)
    }
    return gather
  }

  /// Reduction to the first of each group; groups may differ in size.
  mutating func reduceToFirst(direct: Bool, _ groups: [[Int]]) -> Schedule {
    guard direct else { return rise(groups, shifts: [nil]) }
    let star = groups.flatMap { group in group.dropFirst().map { StepMessage(from: $0, to: group[0]) } }
    let largest = groups.map(\.count).max() ?? 1
    guard !star.isEmpty else { return Schedule() }
    return Schedule(steps: [
      Schedule.Step(profile: profile(star), divisor: 1, repeats: 1, reductions: largest - 1, thins: false)
    ])
  }

  /// Broadcast from the first of each group.
  mutating func broadcastFromFirst(direct: Bool, _ groups: [[Int]]) -> Schedule {
    guard direct else { return descend(groups, shifts: [nil]) }
    let star = groups.flatMap { group in group.dropFirst().map { StepMessage(from: group[0], to: $0) } }
    guard !star.isEmpty else { return Schedule() }
    return Schedule(steps: [
      Schedule.Step(profile: profile(star), divisor: 1, repeats: 1, reductions: 0, thins: false)
    ])
  }

  /// One step in which everybody sends to everybody, nearest first: the order of the lowered program.
  private mutating func exchange(_ groups: [[Int]]) -> StepProfile {
    let count = groups.first?.count ?? 0
    var shifts = Array(1..<count)
    if shifts.count > 2 * Self.sampledShifts {
      // Every shift loads the links of the devices alike, so only the fabric is estimated by the sample.
      var state: UInt64 = 0x5EED
      for place in 0..<Self.sampledShifts {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        shifts.swapAt(place, place + Int(state >> 33) % (shifts.count - place))
      }
      shifts.removeLast(shifts.count - Self.sampledShifts)
      shifts.sort()
    }
    let pairs = shifts.flatMap { shift in (0..<count).map { (from: $0, to: ($0 + shift) % count) } }
    let messages = pairs.flatMap { pair in groups.map { StepMessage(from: $0[pair.from], to: $0[pair.to]) } }
    return profile(messages, scale: Double(count - 1) / Double(shifts.count))
  }

  private mutating func tree(_ groups: [[Int]], shifts: [Int?]) -> Schedule {
    rise(groups, shifts: shifts) + descend(groups, shifts: shifts)
  }

  /// The links up a tree, one step for each level; a parent combines when its left child has arrived, which is never
  /// before its right one.
  private mutating func rise(_ groups: [[Int]], shifts: [Int?]) -> Schedule {
    let deepest = groups.map { InOrderTree(count: max($0.count, 1)).depth }.max() ?? 0
    let steps = (0..<deepest).map { level in
      var messages: [StepMessage] = []
      var reductions = 0
      for group in groups where !group.isEmpty {
        let tree = InOrderTree(count: group.count)
        for shift in shifts {
          let first = shift ?? tree.firstPlaceForRoot
          for position in stride(from: 1 << level, through: tree.count, by: 2 << level) {
            guard let parent = tree.parent(position) else { continue }
            messages.append(StepMessage(from: group.seat(position, first), to: group.seat(parent, first)))
            if position < parent { reductions = max(reductions, tree.childCount(parent)) }
          }
        }
      }
      return Schedule.Step(
        profile: profile(messages), divisor: shifts.count, repeats: 1, reductions: reductions, thins: false)
    }
    return Schedule(steps: steps)
  }

  /// The links down a tree, one step for each depth.
  private mutating func descend(_ groups: [[Int]], shifts: [Int?]) -> Schedule {
    let deepest = groups.map { InOrderTree(count: max($0.count, 1)).depth }.max() ?? 0
    var messages = [[StepMessage]](repeating: [], count: deepest + 1)
    for group in groups where !group.isEmpty {
      let tree = InOrderTree(count: group.count)
      for shift in shifts {
        let first = shift ?? tree.firstPlaceForRoot
        var front = [tree.root]
        var depth = 0
        while !front.isEmpty {
          var next: [Int] = []
          for position in front {
            let children = tree.children(position)
            for child in [children.left, children.right] {
              guard let child else { continue }
              messages[depth].append(StepMessage(from: group.seat(position, first), to: group.seat(child, first)))
              next.append(child)
            }
          }
          front = next
          depth += 1
        }
      }
    }
    return Schedule(
      steps: messages.filter { !$0.isEmpty }.map {
        Schedule.Step(profile: profile($0), divisor: shifts.count, repeats: 1, reductions: 0, thins: false)
      })
  }
}

extension [Int] {
  /// The member at a position of a tree whose position 1 is at a place.
  fileprivate func seat(_ position: Int, _ first: Int) -> Int { self[(position - 1 + first) % count] }
}
