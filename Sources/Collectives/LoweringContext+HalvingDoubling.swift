import Programs

extension LoweringContext {
  /// Reduce-scatter by recursive halving, after the fold to a power of two; see ``HalvingOrder``.
  ///
  /// A member's scratch holds the half that it keeps at the first step, which every later piece fits into.
  func halve(_ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder) {
    let order = HalvingOrder(count: members.count)
    fold(members, order, units, &frontier, &builder)
    guard order.steps > 0 else { return }
    let active = (0..<order.active).map { members[order.member($0)] }
    let scratches = active.indices.map { number in
      scratch(
        active[number], units: order.kept(number, after: 1, of: units.count).count, after: frontier[active[number]],
        &builder)
    }
    var vacated = scratches.map { $0?.live }
    var reduced = [OperationID?](repeating: nil, count: active.count)
    var lastSend = [OperationID?](repeating: nil, count: active.count)
    for step in 0..<order.steps {
      for low in active.indices where low >> step & 1 == 0 {
        let high = low | 1 << step
        var sums: [(number: Int, operation: OperationID)] = []
        for (from, to) in [(low, high), (high, low)] {
          let part = order.kept(to, after: step + 1, of: units.count) + units.lowerBound
          guard !part.isEmpty, let room = scratches[to] else { continue }
          let inbox = slice(room.buffer, 0..<part.count)
          let moved = builder.transfer(
            slice(active[from], part), to: inbox,
            sendAfter: reduced[from].map { .one($0) } ?? frontier[active[from]], receiveAfter: .maybe(vacated[to]))
          lastSend[from] = moved.send
          sums.append(
            (to, reduce(active[to], slice(active[to], part), inbox, after: .one(moved.receive), &builder)))
        }
        for sum in sums {
          reduced[sum.number] = sum.operation
          vacated[sum.number] = sum.operation
        }
      }
    }
    finish(active, scratches, vacated, lastSend, &frontier, &builder)
  }

  /// All-gather by recursive doubling, then the return to the ranks that were folded away.
  func double(_ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier, _ builder: inout ProgramBuilder) {
    let order = HalvingOrder(count: members.count)
    let active = (0..<order.active).map { members[order.member($0)] }
    var lastSend = [OperationID?](repeating: nil, count: active.count)
    var lastReceive = [OperationID?](repeating: nil, count: active.count)
    for step in (0..<order.steps).reversed() {
      for low in active.indices where low >> step & 1 == 0 {
        let high = low | 1 << step
        let held = (lastReceive[low], lastReceive[high])
        for (from, to, have, last) in [(low, high, held.0, held.1), (high, low, held.1, held.0)] {
          let part = order.kept(from, after: step + 1, of: units.count) + units.lowerBound
          guard !part.isEmpty else { continue }
          let moved = builder.transfer(
            slice(active[from], part), to: slice(active[to], part),
            sendAfter: have.map { .one($0) } ?? frontier[active[from]],
            receiveAfter: last == nil ? frontier[active[to]] : .none)
          lastSend[from] = moved.send
          lastReceive[to] = moved.receive
        }
      }
    }
    for number in active.indices {
      frontier.advance(active[number], to: Dependencies.maybe(lastReceive[number]).and(lastSend[number]))
    }
    for pair in 0..<order.folded {
      let (away, kept) = (members[2 * pair], members[2 * pair + 1])
      let moved = builder.transfer(
        slice(kept, units), to: slice(away, units), sendAfter: frontier[kept], receiveAfter: frontier[away])
      frontier.advance(away, to: .one(moved.receive))
      frontier.advance(kept, to: .one(moved.send))
    }
  }

  /// Hands everything of each folded rank to its neighbour.
  private func fold(
    _ members: [Int], _ order: HalvingOrder, _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    for pair in 0..<order.folded {
      let (away, kept) = (members[2 * pair], members[2 * pair + 1])
      guard let room = scratch(kept, units: units.count, after: frontier[kept], &builder) else { continue }
      let inbox = slice(room.buffer, 0..<units.count)
      let moved = builder.transfer(
        slice(away, units), to: inbox, sendAfter: frontier[away], receiveAfter: .one(room.live))
      let sum = reduce(kept, slice(kept, units), inbox, after: .one(moved.receive), &builder)
      frontier.advance(away, to: .one(moved.send))
      frontier.advance(kept, to: .one(builder.free(room.buffer, after: .one(sum))))
    }
  }
}
