import Programs
import Quantities
import Workloads

extension RingAttention {
  /// The operations of every rank; see ``AttentionAlgorithm/program(for:on:keepsOperands:)``.
  public func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program {
    var builder = ProgramBuilder(worldSize: group.size, keepsOperands: keepsOperands)
    let hopCount = hops.count(ranks: group.size)
    // A step attends, launches, sends and receives.
    builder.reserve(
      operations: 4 * group.size * (hopCount + 4), messages: group.size * hopCount,
      dependencies: 9 * group.size * (hopCount + 4), buffers: 8 * group.size)
    let attending = Attending(shares(of: workload, among: group.size), rotating(workload))
    var ranks = group.ranks.map { start(rank: $0, attending, workload, &builder) }
    for step in 0..<group.size {
      builder.beginRegion("step \(step)")
      for rank in group.ranks { attend(&ranks[rank], rank: rank, step: step, attending, &builder) }
      if step < hopCount { hop(&ranks, step: step, attending, workload, &builder) }
      builder.endRegion()
    }
    builder.beginRegion("normalise")
    for rank in group.ranks { finish(ranks[rank], rank: rank, attending.queries[rank].count, workload, &builder) }
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
    /// The buffer that the next shard arrives in; the last `current` joins the spares unless it is kept.
    var spare: BufferID?
    /// The buffer for the shard after that.
    var secondSpare: BufferID?
    /// The buffer that is never given to an arriving shard.
    var home: BufferID?
    /// When the current shard is there.
    var arrived: OperationID
    /// The attend and the send of the step whose buffer is the next spare.
    var spareFree = Dependencies.none
    /// When the current shard has been attended to; where there is nothing to attend to, when it was there.
    var attended: OperationID
    /// The last kernel that attended; nil before there is one.
    var lastKernel: OperationID?
    /// What ``arrived`` and the send of ``spareFree`` will be once every rank has made the hop under way.
    var arriving: OperationID?
    var sent: OperationID?

    /// Makes the buffer that has been written the current one, and the one that was current a spare.
    mutating func endHop() {
      guard let arriving, let arrivedIn = spare else { return }
      arrived = arriving
      spareFree = Dependencies.one(attended).and(sent)
      (spare, secondSpare) = (secondSpare, nil)
      if current == home {
        // The home shard stays; the next one lands in the other spare, which nobody has used yet.
        spareFree = .none
      } else if spare == nil {
        spare = current
      } else {
        secondSpare = current
      }
      current = arrivedIn
    }
  }

  /// The tokens of every rank, and the kernels that attend to them.
  private struct Attending {
    let rotating: AttentionWorkload
    let keys: [TokenRuns]
    let queries: [TokenRuns]
    let mostKeys: Int
    private let kernels: AttentionKernels
    /// The kernels of the longest shards and of those a token shorter, where every rank has all queries and these see
    /// every key.
    private var long: Kernel?
    private var short: Kernel?

    init(_ shares: TokenShares, _ rotating: AttentionWorkload) {
      self.rotating = rotating
      keys = (0..<shares.ranks).map { shares.keys(ofRank: $0) }
      queries = (0..<shares.ranks).map { shares.queries(ofRank: $0) }
      mostKeys = shares.mostKeys
      // The kernel reads K and V as they rotate: expanded shards cost the reads of every query head.
      kernels = AttentionKernels(workload: rotating)
      guard shares.queryLayout == nil, rotating.mask == .full || rotating.isDecode else { return }
      long = kernel(of: mostKeys)
      short = kernel(of: mostKeys - 1)
    }

    private func kernel(of keyCount: Int) -> Kernel? {
      guard keyCount > 0, rotating.queryTokens > 0 else { return nil }
      return kernels.attendInto(
        pairs: Double(rotating.queryTokens) * Double(keyCount), queryCount: rotating.queryTokens, keyCount: keyCount)
    }

    /// The kernel of a rank for the shard of another; nil when there is no pair of a query and a key that it sees.
    func kernel(rank: Int, owner: Int) -> Kernel? {
      if let long { return keys[owner].count == mostKeys ? long : short }
      let kernel = kernels.attendInto(queries: queries[rank], keys: keys[owner])
      return kernel.flops > .zero ? kernel : nil
    }
  }

  /// Declares a rank's buffers and expands its shard where that is asked for.
  private func start(
    rank: Int, _ attending: Attending, _ workload: AttentionWorkload, _ builder: inout ProgramBuilder
  ) -> RankState {
    let size = attending.keys.count
    let ownQueries = attending.queries[rank]
    let kernels = AttentionKernels(workload: workload)
    let rotating = rotating(workload)
    let ownKeys = attending.keys[rank]
    let tokens = ownKeys.count
    let shardElements = CacheShard(workload: workload).elements(tokens: tokens)
    let slotElements = CacheShard(workload: rotating).elements(tokens: attending.mostKeys)
    let queries = builder.buffer(
      rank: rank, label: "queries", elements: kernels.queryElements(queries: ownQueries.count), type: workload.type,
      persistent: true, holding: ownQueries)
    let numerators = builder.buffer(
      rank: rank, label: "numerators", elements: kernels.outputElements(queries: ownQueries.count),
      type: workload.partialType)
    let scalars = builder.buffer(
      rank: rank, label: "maxima, denominators", elements: 2 * kernels.scalars(queries: ownQueries.count),
      type: workload.partialType)
    // One after another, so that waiting for the last is waiting for all.
    var live = builder.allocate(scalars, after: .one(builder.allocate(numerators)))
    let hopCount = hops.count(ranks: size)

    func receiveBuffer(_ builder: inout ProgramBuilder) -> BufferID {
      let buffer = builder.buffer(rank: rank, label: "KV receive", elements: slotElements, type: workload.type)
      live = builder.allocate(buffer, after: .one(live))
      return buffer
    }

    var current: BufferID
    var home: BufferID?
    var spare: BufferID?
    var secondSpare: BufferID?
    var expanded: OperationID?
    if expands(workload) {
      let cache = builder.buffer(
        rank: rank, label: "KV shard", elements: shardElements, type: workload.type, persistent: true,
        holding: ownKeys)
      current = builder.buffer(rank: rank, label: "KV expanded", elements: slotElements, type: workload.type)
      live = builder.allocate(current, after: .one(live))
      expanded = builder.compute(
        kernels.expand(tokens: tokens), rank: rank,
        operands: [
          CacheShard(workload: workload).whole(cache, tokens: tokens),
          CacheShard(workload: rotating).whole(current, tokens: tokens),
        ], after: .one(live))
      if hopCount > 0 { spare = receiveBuffer(&builder) }
    } else if keepsHomeShard {
      current = builder.buffer(
        rank: rank, label: "KV shard", elements: shardElements, type: workload.type, persistent: true,
        holding: ownKeys)
      home = current
      if hopCount > 0 { spare = receiveBuffer(&builder) }
      if hopCount > 1 { secondSpare = receiveBuffer(&builder) }
    } else {
      // A shard that comes by may be one token longer than the rank's own, so the slot has room for it.
      current = builder.buffer(
        rank: rank, label: "KV shard", elements: hopCount > 0 ? slotElements : shardElements, type: workload.type,
        persistent: true, holding: ownKeys)
      if hopCount > 0 { spare = receiveBuffer(&builder) }
    }
    return RankState(
      queries: queries, numerators: numerators, scalars: scalars, current: current, spare: spare,
      secondSpare: secondSpare, home: home, arrived: expanded ?? live, spareFree: .one(live),
      attended: expanded ?? live)
  }

  /// Attends to the shard that a rank holds at a step, that of the rank so many places before it, where its queries see
  /// any of it.
  private func attend(
    _ state: inout RankState, rank: Int, step: Int, _ attending: Attending, _ builder: inout ProgramBuilder
  ) {
    let owner = owner(rank: rank, step: step, of: attending.keys.count)
    guard let kernel = attending.kernel(rank: rank, owner: owner) else {
      state.attended = state.arrived
      return
    }
    var operands: [Slice] = []
    var attention: AttendedTokens?
    if builder.keepsOperands {
      let keys = attending.keys[owner]
      operands =
        [builder.whole(state.queries)]
        + CacheShard(workload: attending.rotating).keysAndValues(state.current, tokens: keys.count)
        + [builder.whole(state.numerators), builder.whole(state.scalars)]
      attention = AttendedTokens(mask: attending.rotating.mask, queries: attending.queries[rank], keys: [keys])
    }
    state.attended = builder.compute(
      kernel, rank: rank, operands: operands, attending: attention, after: .one(state.arrived))
    state.lastKernel = state.attended
  }

  /// Passes every shard on by one rank.
  private func hop(
    _ ranks: inout [RankState], step: Int, _ attending: Attending, _ workload: AttentionWorkload,
    _ builder: inout ProgramBuilder
  ) {
    let size = ranks.count
    let shard = CacheShard(workload: rotating(workload))
    let launch = Kernel.launch(workload.type)
    for rank in 0..<size {
      let next = (rank + 1) % size
      guard let spare = ranks[next].spare else { continue }
      let tokens = attending.keys[owner(rank: rank, step: step, of: size)].count
      let sendReady = overlapsTransfer ? ranks[rank].arrived : ranks[rank].attended
      let launched = builder.compute(launch, rank: rank, stream: .send, after: .one(sendReady))
      // The slot that the shard lands in must have been attended to and passed on itself.
      let receiveReady = overlapsTransfer ? ranks[next].spareFree : ranks[next].spareFree.and(ranks[next].attended)
      let moved = builder.transfer(
        shard.whole(ranks[rank].current, tokens: tokens), to: shard.whole(spare, tokens: tokens),
        sendAfter: .one(launched), receiveAfter: receiveReady)
      ranks[next].arriving = moved.receive
      ranks[rank].sent = moved.send
    }
    for rank in 0..<size { ranks[rank].endHop() }
  }

  private func finish(
    _ state: RankState, rank: Int, _ queryCount: Int, _ workload: AttentionWorkload, _ builder: inout ProgramBuilder
  ) {
    // A rank without queries has attended to nothing.
    guard let attended = state.lastKernel else { return }
    let kernels = AttentionKernels(workload: workload)
    let numerators = builder.whole(state.numerators)
    let scalars = builder.whole(state.scalars)
    if workload.partialType == workload.type {
      builder.compute(
        kernels.normalise(queries: queryCount), rank: rank, operands: [numerators, scalars, numerators],
        after: .one(attended))
    } else {
      let output = builder.buffer(
        rank: rank, label: "output", elements: kernels.outputElements(queries: queryCount), type: workload.type)
      let live = builder.allocate(output, after: .one(attended))
      builder.compute(
        kernels.normalise(queries: queryCount), rank: rank, operands: [numerators, scalars, builder.whole(output)],
        after: .one(live))
    }
  }

  /// The rank whose shard a rank holds at a step.
  func owner(rank: Int, step: Int, of size: Int) -> Int {
    ((rank - step) % size + size) % size
  }
}
