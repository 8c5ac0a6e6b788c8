import Programs

extension LoweringContext {
  /// Reduces some units up an in-order tree; see ``InOrderTree``.
  ///
  /// A member has a slot of scratch for each child, so that both may arrive at once; the left one is combined first.
  ///
  /// - Parameter first: The place of the member at position 1; positions go around from there.
  func reduceTree(
    _ members: [Int], _ units: Range<Int>, first: Int, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    guard members.count > 1, !units.isEmpty else { return }
    let tree = InOrderTree(count: members.count)
    let seats = seats(members, first: first)
    let boxes = (0...tree.count).map { position in
      position == 0
        ? nil
        : scratch(
          seats[position], units: tree.childCount(position) * units.count, after: frontier[seats[position]], &builder)
    }
    var arrivals = [(left: OperationID?, right: OperationID?)](repeating: (nil, nil), count: tree.count + 1)
    for level in 0...tree.depth {
      for position in stride(from: 1 << level, through: tree.count, by: 2 << level) {
        let member = seats[position]
        var last: OperationID?
        if let box = boxes[position] {
          for slot in 0...1 {
            guard let arrival = slot == 0 ? arrivals[position].left : arrivals[position].right else { continue }
            let room = slice(box.buffer, slot * units.count..<(slot + 1) * units.count)
            last = reduce(member, slice(member, units), room, after: .one(arrival).and(last), &builder)
          }
        }
        var ends = Dependencies.none
        if let parent = tree.parent(position), let box = boxes[parent] {
          let slot = position < parent ? 0 : 1
          let moved = builder.transfer(
            slice(member, units), to: slice(box.buffer, slot * units.count..<(slot + 1) * units.count),
            sendStream: .unordered, receiveStream: .unordered, sendAfter: last.map { .one($0) } ?? frontier[member],
            receiveAfter: .one(box.live))
          if slot == 0 { arrivals[parent].left = moved.receive } else { arrivals[parent].right = moved.receive }
          ends = .one(moved.send)
        }
        if let box = boxes[position] { ends = ends.and(builder.free(box.buffer, after: .maybe(last))) }
        frontier.advance(member, to: ends)
      }
    }
  }

  /// Sends some units down an in-order tree, from the member that ``reduceTree(_:_:first:_:_:)`` left them with.
  func broadcastTree(
    _ members: [Int], _ units: Range<Int>, first: Int, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    guard members.count > 1, !units.isEmpty else { return }
    let tree = InOrderTree(count: members.count)
    let seats = seats(members, first: first)
    var arrived = [OperationID?](repeating: nil, count: tree.count + 1)
    // A position has at most two below it.
    var sends = [(OperationID?, OperationID?)](repeating: (nil, nil), count: tree.count + 1)
    for level in (0..<tree.depth).reversed() {
      for position in stride(from: 1 << level, through: tree.count, by: 2 << level) {
        guard let parent = tree.parent(position) else { continue }
        let moved = builder.transfer(
          slice(seats[parent], units), to: slice(seats[position], units), sendStream: .unordered,
          receiveStream: .unordered, sendAfter: arrived[parent].map { .one($0) } ?? frontier[seats[parent]],
          receiveAfter: frontier[seats[position]])
        arrived[position] = moved.receive
        if sends[parent].0 == nil { sends[parent].0 = moved.send } else { sends[parent].1 = moved.send }
      }
    }
    for position in 1...tree.count {
      frontier.advance(
        seats[position], to: Dependencies.maybe(arrived[position]).and(sends[position].0).and(sends[position].1))
    }
  }

  /// Two trees side by side, the second shifted by one place, with half of the units each.
  func doubleTree(_ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder) {
    let halves = Chunks(of: units.count, count: 2)
    var second = frontier
    reduceTree(members, halves[0] + units.lowerBound, first: 0, &frontier, &builder)
    reduceTree(members, halves[1] + units.lowerBound, first: 1, &second, &builder)
    broadcastTree(members, halves[0] + units.lowerBound, first: 0, &frontier, &builder)
    broadcastTree(members, halves[1] + units.lowerBound, first: 1, &second, &builder)
    frontier.join(second)
  }

  /// The member at each position of a tree, from 1; the entry at 0 is unused.
  private func seats(_ members: [Int], first: Int) -> [Int] {
    [-1] + members.indices.map { members[($0 + first) % members.count] }
  }
}
