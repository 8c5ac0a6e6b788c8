import Programs

extension LoweringContext {
  /// Reduce-scatter around a ring, p−1 steps: at step s member i sends chunk i−s−1 to member i+1, which adds its own
  /// part to it and sends it on at the next step. Member i ends with chunk i.
  ///
  /// One scratch of a chunk suffices: the receive of a step waits for the reduction of the step before.
  func scatterRing(
    _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    let count = members.count
    let chunks = Chunks(of: units.count, count: count)
    let scratches = members.indices.map { place in
      scratch(
        members[place], units: chunks.largest(except: (place + count - 1) % count), after: frontier[members[place]],
        &builder)
    }
    var vacated = scratches.map { $0?.live }
    var lastSend = [OperationID?](repeating: nil, count: count)
    var reduced = [OperationID?](repeating: nil, count: count)
    for step in 0..<(count - 1) {
      var reducedNow = [OperationID?](repeating: nil, count: count)
      for place in 0..<count {
        let chunk = (place + 2 * count - step - 1) % count
        let next = (place + 1) % count
        guard chunks.size(chunk) > 0, let room = scratches[next] else { continue }
        let part = chunks[chunk] + units.lowerBound
        let inbox = slice(room.buffer, 0..<part.count)
        let moved = builder.transfer(
          slice(members[place], part), to: inbox,
          sendAfter: step == 0 ? frontier[members[place]] : .maybe(reduced[place]), receiveAfter: .maybe(vacated[next]))
        let sum = reduce(members[next], slice(members[next], part), inbox, after: .one(moved.receive), &builder)
        lastSend[place] = moved.send
        vacated[next] = sum
        reducedNow[next] = sum
      }
      reduced = reducedNow
    }
    finish(members, scratches, vacated, lastSend, &frontier, &builder)
  }

  /// All-gather around a ring, p−1 steps: at step s member i sends chunk i−s to member i+1.
  func gatherRing(
    _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    let count = members.count
    let chunks = Chunks(of: units.count, count: count)
    var lastSend = [OperationID?](repeating: nil, count: count)
    var lastReceive = [OperationID?](repeating: nil, count: count)
    var held = [OperationID?](repeating: nil, count: count)
    for step in 0..<(count - 1) {
      var heldNow = [OperationID?](repeating: nil, count: count)
      for place in 0..<count {
        let chunk = (place + count - step) % count
        let next = (place + 1) % count
        guard chunks.size(chunk) > 0 else { continue }
        let part = chunks[chunk] + units.lowerBound
        // Receives wait for one another on their stream, so only a member's first needs the frontier.
        let moved = builder.transfer(
          slice(members[place], part), to: slice(members[next], part),
          sendAfter: step == 0 ? frontier[members[place]] : .maybe(held[place]),
          receiveAfter: lastReceive[next] == nil ? frontier[members[next]] : .none)
        lastSend[place] = moved.send
        lastReceive[next] = moved.receive
        heldNow[next] = moved.receive
      }
      held = heldNow
    }
    for place in 0..<count {
      frontier.advance(members[place], to: Dependencies.maybe(lastReceive[place]).and(lastSend[place]))
    }
  }

  /// Frees each member's scratch after the last operation that used it, and moves its frontier past that and its sends.
  func finish(
    _ members: [Int], _ scratches: [(buffer: BufferID, live: OperationID)?], _ vacated: [OperationID?],
    _ lastSend: [OperationID?], _ frontier: inout Frontier, _ builder: inout ProgramBuilder
  ) {
    for place in members.indices {
      var freed: OperationID?
      if let room = scratches[place] { freed = builder.free(room.buffer, after: .maybe(vacated[place])) }
      frontier.advance(members[place], to: Dependencies.maybe(freed).and(lastSend[place]))
    }
  }
}
