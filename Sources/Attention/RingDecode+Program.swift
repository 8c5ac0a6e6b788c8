import Programs
import Quantities
import Workloads

extension RingDecode {
  /// The operations of every rank; see ``DecodeAlgorithm/program(for:on:)``.
  public func program(for workload: DecodeWorkload, on group: RankGroup) -> Program {
    var builder = ProgramBuilder(worldSize: group.size)
    var ranks = group.ranks.map { start(rank: $0, of: group.size, workload, &builder) }
    let hopCount = hops.count(ranks: group.size)
    for step in 0..<group.size {
      builder.beginRegion("step \(step)")
      for rank in group.ranks { attend(&ranks[rank], rank: rank, step: step, of: group.size, workload, &builder) }
      if step < hopCount { hop(&ranks, step: step, workload, &builder) }
      builder.endRegion()
    }
    builder.beginRegion("normalise")
    for rank in group.ranks { finish(ranks[rank], rank: rank, workload, &builder) }
    builder.endRegion()
    return builder.build()
  }

  /// What one rank holds, and the operations that its next step must wait for.
  private struct RankState {
    var queries: BufferID
    var numerators: BufferID
    var scalars: BufferID
    /// The buffer of the shard that is attended to in the current step.
    var current: BufferID
    /// The buffers that the next shards arrive in, in turn; the last `current` joins them unless it is kept.
    var spares: [BufferID]
    /// The buffer that is never given to an arriving shard.
    var home: BufferID?
    /// When the current shard is there.
    var arrived: OperationID
    /// The attend and the send of the step whose buffer is the next spare.
    var spareFree: [OperationID]
    var attended: OperationID
  }

  /// Declares a rank's buffers and expands its shard where that is asked for.
  private func start(
    rank: Int, of size: Int, _ workload: DecodeWorkload, _ builder: inout ProgramBuilder
  ) -> RankState {
    let kernels = DecodeKernels(workload: workload)
    let rotating = rotating(workload)
    let tokens = workload.shard(ofRank: rank, of: size)
    let longest = workload.shard(ofRank: 0, of: size)
    let shardElements = CacheShard(workload: workload).elements(tokens: tokens)
    let slotElements = CacheShard(workload: rotating).elements(tokens: longest)
    let queries = builder.buffer(
      rank: rank, label: "queries", elements: workload.batch * workload.shape.queryElements, type: workload.type,
      persistent: true)
    let numerators = builder.buffer(
      rank: rank, label: "numerators", elements: kernels.outputElements, type: workload.partialType)
    let scalars = builder.buffer(
      rank: rank, label: "maxima, denominators", elements: 2 * kernels.scalars, type: workload.partialType)
    builder.allocate(numerators)
    var arrived = builder.allocate(scalars)
    let hopCount = hops.count(ranks: size)

    func receiveBuffer(_ builder: inout ProgramBuilder) -> BufferID {
      let buffer = builder.buffer(rank: rank, label: "KV receive", elements: slotElements, type: workload.type)
      builder.allocate(buffer)
      return buffer
    }

    var current: BufferID
    var home: BufferID?
    var spares: [BufferID] = []
    if expands(workload) {
      let cache = builder.buffer(
        rank: rank, label: "KV shard", elements: shardElements, type: workload.type, persistent: true)
      current = builder.buffer(rank: rank, label: "KV expanded", elements: slotElements, type: workload.type)
      let live = builder.allocate(current)
      arrived = builder.compute(
        kernels.expand(tokens: tokens), rank: rank,
        operands: [
          CacheShard(workload: workload).whole(cache, tokens: tokens),
          CacheShard(workload: rotating).whole(current, tokens: tokens),
        ], after: .one(live))
      if hopCount > 0 { spares = [receiveBuffer(&builder)] }
    } else if keepsHomeShard {
      current = builder.buffer(
        rank: rank, label: "KV shard", elements: shardElements, type: workload.type, persistent: true)
      home = current
      for _ in 0..<min(hopCount, 2) { spares.append(receiveBuffer(&builder)) }
    } else {
      // A shard that comes by may be one token longer than the rank's own, so the slot has room for it.
      current = builder.buffer(
        rank: rank, label: "KV shard", elements: hopCount > 0 ? slotElements : shardElements, type: workload.type,
        persistent: true)
      if hopCount > 0 { spares = [receiveBuffer(&builder)] }
    }
    return RankState(
      queries: queries, numerators: numerators, scalars: scalars, current: current, spares: spares, home: home,
      arrived: arrived, spareFree: [], attended: arrived)
  }

  /// Attends to the shard that a rank holds at a step: that of the rank so many places before it.
  private func attend(
    _ state: inout RankState, rank: Int, step: Int, of size: Int, _ workload: DecodeWorkload,
    _ builder: inout ProgramBuilder
  ) {
    let rotating = rotating(workload)
    let tokens = workload.shard(ofRank: owner(rank: rank, step: step, of: size), of: size)
    let operands =
      [builder.whole(state.queries)]
      + CacheShard(workload: rotating).keysAndValues(state.current, tokens: tokens)
      + [builder.whole(state.numerators), builder.whole(state.scalars)]
    // The kernel reads K and V as they rotate: expanded shards cost the reads of every query head.
    state.attended = builder.compute(
      DecodeKernels(workload: rotating).attendInto(tokens: tokens), rank: rank, operands: operands,
      after: .one(state.arrived))
  }

  /// Passes every shard on by one rank.
  private func hop(_ ranks: inout [RankState], step: Int, _ workload: DecodeWorkload, _ builder: inout ProgramBuilder) {
    let size = ranks.count
    let shard = CacheShard(workload: rotating(workload))
    let held = ranks
    for rank in 0..<size {
      let next = (rank + 1) % size
      let tokens = workload.shard(ofRank: owner(rank: rank, step: step, of: size), of: size)
      let source = shard.whole(held[rank].current, tokens: tokens)
      let target = shard.whole(held[next].spares[0], tokens: tokens)
      let sendReady = overlapsTransfer ? held[rank].arrived : held[rank].attended
      let launched = builder.compute(
        Kernel.launch(workload.type), rank: rank, stream: .send, after: .one(sendReady))
      // The slot that the shard lands in must have been attended to and passed on itself.
      var receiveReady = held[next].spareFree
      if !overlapsTransfer { receiveReady.append(held[next].attended) }
      let (sent, received) = builder.transfer(
        source, to: target, sendAfter: .one(launched), receiveAfter: .all(receiveReady))
      ranks[next].arrived = received
      ranks[rank].spareFree = [held[rank].attended, sent]
    }
    for rank in 0..<size {
      let arrivedIn = ranks[rank].spares.removeFirst()
      if ranks[rank].current == ranks[rank].home {
        // The home shard stays; the next one lands in the other spare, which nobody has used yet.
        ranks[rank].spareFree = []
      } else {
        ranks[rank].spares.append(ranks[rank].current)
      }
      ranks[rank].current = arrivedIn
    }
  }

  private func finish(_ state: RankState, rank: Int, _ workload: DecodeWorkload, _ builder: inout ProgramBuilder) {
    let kernels = DecodeKernels(workload: workload)
    let numerators = builder.whole(state.numerators)
    let scalars = builder.whole(state.scalars)
    if workload.partialType == workload.type {
      builder.compute(
        kernels.normalise, rank: rank, operands: [numerators, scalars, numerators], after: .one(state.attended))
    } else {
      let output = builder.buffer(rank: rank, label: "output", elements: kernels.outputElements, type: workload.type)
      let live = builder.allocate(output, after: .one(state.attended))
      builder.compute(
        kernels.normalise, rank: rank, operands: [numerators, scalars, builder.whole(output)], after: .one(live))
    }
  }

  /// The rank whose shard a rank holds at a step.
  func owner(rank: Int, step: Int, of size: Int) -> Int {
    ((rank - step) % size + size) % size
  }
}
