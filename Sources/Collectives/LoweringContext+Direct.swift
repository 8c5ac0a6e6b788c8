import Programs

extension LoweringContext {
  /// Everybody sends all of some units to everybody; each member reduces the p payloads in the order of the members,
  /// so that all end with the same bits.
  func oneShot(_ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder) {
    let count = members.count
    let boxes = members.map { scratch($0, units: (count - 1) * units.count, after: frontier.opening($0), &builder) }
    var sends = [[OperationID]](repeating: [], count: count)
    var arrivals = [[OperationID?]](repeating: [OperationID?](repeating: nil, count: count), count: count)
    for distance in 1..<count {
      for place in 0..<count {
        let peer = (place + distance) % count
        guard let box = boxes[peer] else { continue }
        let moved = builder.transfer(
          slice(members[place], units), to: slice(box.buffer, slot(place, of: peer, size: units.count)),
          sendStream: .unordered, receiveStream: .unordered, sendAfter: frontier[members[place]],
          receiveAfter: .one(box.live))
        sends[place].append(moved.send)
        arrivals[peer][place] = moved.receive
      }
    }
    for place in 0..<count {
      guard let box = boxes[place] else { continue }
      // The buffer is being sent as it stands: its reduction waits for all of its sends.
      let last = reduceInOrder(
        members[place], place, arrivals[place], slice(members[place], units), box.buffer,
        start: frontier[members[place]], beforeOwn: sends[place], &builder)
      frontier.advance(members[place], to: .one(builder.free(box.buffer, after: last)))
    }
  }

  /// Reduce-scatter in one step: every member sends chunk j to member j, which reduces in the order of the members.
  func scatterDirect(
    _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    let count = members.count
    let chunks = Chunks(of: units.count, count: count)
    let boxes = members.indices.map { place in
      scratch(
        members[place], units: (count - 1) * chunks.size(place), after: frontier.opening(members[place]), &builder)
    }
    var sends = [[OperationID]](repeating: [], count: count)
    var arrivals = [[OperationID?]](repeating: [OperationID?](repeating: nil, count: count), count: count)
    for distance in 1..<count {
      for place in 0..<count {
        let peer = (place + distance) % count
        guard let box = boxes[peer] else { continue }
        let part = chunks[peer] + units.lowerBound
        let moved = builder.transfer(
          slice(members[place], part), to: slice(box.buffer, slot(place, of: peer, size: part.count)),
          sendStream: .unordered, receiveStream: .unordered, sendAfter: frontier[members[place]],
          receiveAfter: .one(box.live))
        sends[place].append(moved.send)
        arrivals[peer][place] = moved.receive
      }
    }
    for place in 0..<count {
      var ends = sends[place]
      if let box = boxes[place] {
        let part = chunks[place] + units.lowerBound
        let last = reduceInOrder(
          members[place], place, arrivals[place], slice(members[place], part), box.buffer,
          start: frontier[members[place]], beforeOwn: [], &builder)
        ends.append(builder.free(box.buffer, after: last))
      }
      frontier.advance(members[place], to: Dependencies(ends))
    }
  }

  /// All-gather in one step: every member sends its chunk to every other.
  ///
  /// It follows ``scatterDirect(_:_:_:_:)``, so that a receive need wait for nothing: what it overwrites has been sent,
  /// as the sender could not have reduced its chunk without it.
  func gatherDirect(
    _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    let count = members.count
    let chunks = Chunks(of: units.count, count: count)
    var ends = [[OperationID]](repeating: [], count: count)
    for distance in 1..<count {
      for place in 0..<count where chunks.size(place) > 0 {
        let peer = (place + distance) % count
        let part = chunks[place] + units.lowerBound
        let moved = builder.transfer(
          slice(members[place], part), to: slice(members[peer], part), sendStream: .unordered,
          receiveStream: .unordered, sendAfter: frontier[members[place]], receiveAfter: frontier.launch(members[peer]))
        ends[place].append(moved.send)
        ends[peer].append(moved.receive)
      }
    }
    for place in 0..<count { frontier.advance(members[place], to: Dependencies(ends[place])) }
  }

  /// Everybody sends all of some units to the first member, which reduces in the order of the members.
  func reduceStar(_ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder) {
    let count = members.count
    guard count > 1,
      let box = scratch(members[0], units: (count - 1) * units.count, after: frontier[members[0]], &builder)
    else { return }
    var arrivals = [OperationID?](repeating: nil, count: count)
    for place in 1..<count {
      let moved = builder.transfer(
        slice(members[place], units), to: slice(box.buffer, slot(place, of: 0, size: units.count)),
        sendStream: .unordered, receiveStream: .unordered, sendAfter: frontier[members[place]],
        receiveAfter: .one(box.live))
      arrivals[place] = moved.receive
      frontier.advance(members[place], to: .one(moved.send))
    }
    let last = reduceInOrder(
      members[0], 0, arrivals, slice(members[0], units), box.buffer, start: .none, beforeOwn: [], &builder)
    frontier.advance(members[0], to: .one(builder.free(box.buffer, after: last)))
  }

  /// The first member sends all of some units to everybody.
  func broadcastStar(
    _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    var sends: [OperationID] = []
    for member in members.dropFirst() {
      let moved = builder.transfer(
        slice(members[0], units), to: slice(member, units), sendStream: .unordered, receiveStream: .unordered,
        sendAfter: frontier[members[0]], receiveAfter: frontier[member])
      sends.append(moved.send)
      frontier.advance(member, to: .one(moved.receive))
    }
    frontier.advance(members[0], to: Dependencies(sends))
  }

  /// Where in a member's scratch the payload of another lies: slots of equal size in the order of the others.
  private func slot(_ sender: Int, of receiver: Int, size: Int) -> Range<Int> {
    let index = sender < receiver ? sender : sender - 1
    return index * size..<(index + 1) * size
  }

  /// Combines the arrived payloads and a member's own in the order of the members, ((x₀ + x₁) + x₂) + …, whatever the
  /// place of its own. Those before it gather in the first slot, which then combines into the buffer: operators are
  /// commutative to the bit, so that the sides don't matter.
  private func reduceInOrder(
    _ member: Int, _ place: Int, _ arrivals: [OperationID?], _ target: Slice, _ box: BufferID,
    start: Dependencies, beforeOwn: [OperationID], _ builder: inout ProgramBuilder
  ) -> Dependencies {
    func room(_ sender: Int) -> Slice {
      Slice(box, offset: Int64(sender < place ? sender : sender - 1) * target.count, count: target.count)
    }
    var last = place > 0 ? arrivals[0] : nil
    // Payloads may arrive before the member's own kernel runs.
    var before = start.operations
    for sender in arrivals.indices.dropFirst() where sender < place {
      let after = before + [last, arrivals[sender]].compactMap { $0 }
      last = reduce(member, room(0), room(sender), after: Dependencies(after), &builder)
      before = []
    }
    before += beforeOwn
    if place > 0 {
      last = reduce(member, target, room(0), after: Dependencies(before + [last].compactMap { $0 }), &builder)
      before = []
    }
    for sender in arrivals.indices where sender > place {
      let after = before + [last, arrivals[sender]].compactMap { $0 }
      last = reduce(member, target, room(sender), after: Dependencies(after), &builder)
      before = []
    }
    return .maybe(last)
  }
}
