import Programs
import Quantities

extension AllGather {
  /// Adds the all-gather to a program.
  ///
  /// Each member launches one communication kernel, which also copies its own slice into its full buffer unless it lies
  /// there already. Empty slices are not sent. One rank has only its copy to make, in a kernel of its own; nothing to
  /// gather or to copy adds nothing.
  ///
  /// - Parameters:
  ///   - algorithm: How it is done.
  ///   - sources: For each member its slice, on its rank.
  ///   - targets: For each member the full buffer, on its rank.
  ///   - ready: For each member, what must finish before its slice may be read and its full buffer written.
  ///   - builder: The program.
  /// - Returns: For each member, what must finish before its full buffer holds everything and its slice may be written.
  @discardableResult
  public func lower(
    _ algorithm: Algorithm, sources: [Slice], targets: [BufferID], ready: [Dependencies],
    into builder: inout ProgramBuilder
  ) -> [Dependencies] {
    guard totalCount > 0 else { return ready }
    let places = Places(offsets: offsets, counts: counts, targets: targets)
    let isPlaced = group.indices.map { sources[$0] == places.slice(of: $0, at: $0) || counts[$0] == 0 }
    guard size > 1 || !isPlaced.allSatisfy({ $0 }) else { return ready }
    builder.beginRegion("all-gather", detail: algorithm.name)
    defer { builder.endRegion() }
    let launch = Kernel.launch(type)
    var frontier = Frontier(
      group.indices.map { builder.compute(launch, rank: group[$0], stream: .compute, after: ready[$0]) },
      ready: ready)
    let copies = group.indices.map { member -> OperationID? in
      guard !isPlaced[member] else { return nil }
      let kernel = Kernel(action: .copy, flops: .zero, bytes: bytes(member) * 2, type: type, launched: false)
      return builder.compute(
        kernel, rank: group[member], stream: .unordered,
        operands: [sources[member], places.slice(of: member, at: member)],
        after: frontier[member])
    }
    switch algorithm {
    case .ring: gatherRing(sources, places, copies, &frontier, &builder)
    case .direct: gatherDirect(sources, places, copies, &frontier, &builder)
    }
    return frontier.dependencies
  }

  /// Where everyone's slice goes in everyone's full buffer.
  private struct Places {
    let offsets: [Int]
    let counts: [Int]
    let targets: [BufferID]

    func slice(of origin: Int, at member: Int) -> Slice {
      Slice(targets[member], offset: Int64(offsets[origin]), count: Int64(counts[origin]))
    }
  }

  /// At step s member i sends the slice of member i−s to member i+1.
  private func gatherRing(
    _ sources: [Slice], _ places: Places, _ copies: [OperationID?], _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    var lastSend = [OperationID?](repeating: nil, count: size)
    var lastReceive = [OperationID?](repeating: nil, count: size)
    var held = [OperationID?](repeating: nil, count: size)
    for step in 0..<(size - 1) {
      var heldNow = [OperationID?](repeating: nil, count: size)
      for member in 0..<size {
        let origin = (member + size - step) % size
        let next = (member + 1) % size
        guard counts[origin] > 0 else { continue }
        let moved = builder.transfer(
          step == 0 ? sources[member] : places.slice(of: origin, at: member), to: places.slice(of: origin, at: next),
          sendAfter: step == 0 ? frontier[member] : .maybe(held[member]),
          receiveAfter: lastReceive[next] == nil ? frontier.opening(next) : .none)
        lastSend[member] = moved.send
        lastReceive[next] = moved.receive
        heldNow[next] = moved.receive
      }
      held = heldNow
    }
    for member in 0..<size {
      frontier.advance(member, to: Dependencies.maybe(copies[member]).and(lastReceive[member]).and(lastSend[member]))
    }
  }

  private func gatherDirect(
    _ sources: [Slice], _ places: Places, _ copies: [OperationID?], _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    var ends = copies.map { [$0].compactMap { $0 } }
    for distance in 1..<max(size, 1) {
      for member in 0..<size where counts[member] > 0 {
        let peer = (member + distance) % size
        let moved = builder.transfer(
          sources[member], to: places.slice(of: member, at: peer), sendStream: .unordered, receiveStream: .unordered,
          sendAfter: frontier[member], receiveAfter: frontier.opening(peer))
        ends[member].append(moved.send)
        ends[peer].append(moved.receive)
      }
    }
    for member in 0..<size { frontier.advance(member, to: Dependencies(ends[member])) }
  }
}
