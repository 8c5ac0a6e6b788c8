import Collectives
import Programs
import Quantities
import Workloads

extension TreeAttention {
  /// The operations of every rank; see ``AttentionAlgorithm/program(for:on:keepsOperands:)``.
  public func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program {
    var builder = ProgramBuilder(worldSize: group.size, keepsOperands: keepsOperands)
    let messages = zip(Self.allReduces(fusion, for: workload, on: group), collectives).reduce(0) {
      $0 + $1.0.totalTraffic($1.1, nodes: group.nodes).messages
    }
    // A message is two operations and often a third that combines it; a rank has kernels and buffers besides.
    builder.reserve(
      operations: 3 * messages + 24 * group.size, messages: messages, dependencies: 4 * messages + 32 * group.size,
      buffers: 12 * group.size)
    switch fusion {
    case .three: buildThree(workload, group, &builder)
    case .two, .one: buildPacked(workload, group, &builder)
    }
    return builder.build()
  }

  /// One rank's inputs, which live throughout.
  private struct Inputs {
    var queries: BufferID
    var cache: BufferID
    var keys: TokenRuns

    /// The operands of an attend kernel before its outputs.
    func operands(_ builder: ProgramBuilder, _ shard: CacheShard) -> [Slice] {
      guard builder.keepsOperands else { return [] }
      return [builder.whole(queries)] + shard.keysAndValues(cache, tokens: keys.count)
    }

    /// Which tokens these are.
    func attention(_ workload: AttentionWorkload, _ builder: ProgramBuilder) -> AttendedTokens? {
      guard builder.keepsOperands else { return nil }
      return AttendedTokens(mask: workload.mask, queries: workload.queries, keys: [keys])
    }
  }

  private func inputs(_ workload: AttentionWorkload, _ group: RankGroup, _ builder: inout ProgramBuilder) -> [Inputs] {
    let shard = CacheShard(workload: workload)
    let shares = shares(of: workload, among: group.size)
    let queryElements = AttentionKernels(workload: workload).queryElements(queries: workload.queryTokens)
    return group.ranks.map { rank in
      let keys = shares.keys(ofRank: rank)
      return Inputs(
        queries: builder.buffer(
          rank: rank, label: "queries", elements: queryElements, type: workload.type, persistent: true,
          holding: workload.queries),
        cache: builder.buffer(
          rank: rank, label: "KV shard", elements: shard.elements(tokens: keys.count), type: workload.type,
          persistent: true, holding: keys),
        keys: keys)
    }
  }

  /// Lowers the all-reduce at a place over a buffer of each rank.
  private func reduce(
    _ place: Int, _ buffers: [BufferID], _ workload: AttentionWorkload, _ group: RankGroup, ready: [Dependencies],
    _ builder: inout ProgramBuilder
  ) -> [Dependencies] {
    Self.allReduces(fusion, for: workload, on: group)[place]
      .lower(collectives[place], buffers: buffers, nodes: group.nodes, ready: ready, into: &builder)
  }

  /// The paper's three all-reduces, on buffers of their own; n takes the place of o, d that of lse, and z that of n
  /// where its type allows.
  private func buildThree(_ workload: AttentionWorkload, _ group: RankGroup, _ builder: inout ProgramBuilder) {
    let kernels = AttentionKernels(workload: workload)
    let shard = CacheShard(workload: workload)
    let type = workload.partialType
    let scalars = kernels.scalars(queries: workload.queryTokens)
    let inputs = inputs(workload, group, &builder)
    var numerators: [BufferID] = []
    var denominators: [BufferID] = []
    var maxima: [BufferID] = []
    var ready: [Dependencies] = []
    builder.beginRegion("local attention")
    for (rank, input) in inputs.enumerated() {
      let numerator = builder.buffer(
        rank: rank, label: "numerators", elements: kernels.outputElements(queries: workload.queryTokens), type: type)
      let denominator = builder.buffer(rank: rank, label: "LSE, denominators", elements: scalars, type: type)
      let maximum = builder.buffer(rank: rank, label: "maxima", elements: scalars, type: type)
      let live = Dependencies.one(builder.allocate(numerator)).and(builder.allocate(denominator))
        .and(builder.allocate(maximum))
      let outputs = builder.slices(numerator, denominator)
      let attended = builder.compute(
        kernels.attend(queries: workload.queries, keys: input.keys), rank: rank,
        operands: input.operands(builder, shard) + outputs, attending: input.attention(workload, builder), after: live)
      let copied = builder.compute(
        copyOfScalars(workload), rank: rank, operands: builder.slices(denominator, maximum),
        after: .one(attended))
      numerators.append(numerator)
      denominators.append(denominator)
      maxima.append(maximum)
      ready.append(.one(copied))
    }
    builder.endRegion()
    ready = reduce(0, maxima, workload, group, ready: ready, &builder)
    builder.beginRegion("rescale")
    for rank in group.ranks {
      let rescaled = builder.compute(
        kernels.rescale(queries: workload.queryTokens), rank: rank,
        operands: builder.slices(numerators[rank], denominators[rank], maxima[rank]), after: ready[rank])
      // The maximum is not needed any more, and gone before the next collective takes its scratch.
      ready[rank] = .one(builder.free(maxima[rank], after: .one(rescaled)))
    }
    builder.endRegion()
    ready = reduce(1, numerators, workload, group, ready: ready, &builder)
    ready = reduce(2, denominators, workload, group, ready: ready, &builder)
    builder.beginRegion("normalise")
    for rank in group.ranks {
      let (numerator, denominator) = (numerators[rank], denominators[rank])
      if type == workload.type {
        builder.compute(
          kernels.normalise(queries: workload.queryTokens), rank: rank,
          operands: builder.slices(numerator, denominator, numerator),
          after: ready[rank])
      } else {
        let output = builder.buffer(
          rank: rank, label: "output", elements: kernels.outputElements(queries: workload.queryTokens),
          type: workload.type)
        let live = builder.allocate(output, after: ready[rank])
        builder.compute(
          kernels.normalise(queries: workload.queryTokens), rank: rank,
          operands: builder.slices(numerator, denominator, output), after: .one(live))
      }
    }
    builder.endRegion()
  }

  /// Two all-reduces, or one: the partial results of a rank lie packed in one buffer, head by head.
  private func buildPacked(_ workload: AttentionWorkload, _ group: RankGroup, _ builder: inout ProgramBuilder) {
    let kernels = AttentionKernels(workload: workload)
    let shard = CacheShard(workload: workload)
    let type = workload.partialType
    let scalarsPerHead = fusion == .one ? 2 : 1
    let scalars = kernels.scalars(queries: workload.queryTokens)
    let inputs = inputs(workload, group, &builder)
    var states: [BufferID] = []
    var maxima: [BufferID] = []
    var ready: [Dependencies] = []
    builder.beginRegion("local attention")
    for (rank, input) in inputs.enumerated() {
      let state = builder.buffer(
        rank: rank, label: "packed state", elements: scalars * (workload.shape.valueDim + scalarsPerHead),
        type: type)
      var live = Dependencies.one(builder.allocate(state))
      states.append(state)
      if fusion == .two {
        let maximum = builder.buffer(rank: rank, label: "maxima", elements: scalars, type: type)
        live = live.and(builder.allocate(maximum))
        maxima.append(maximum)
      }
      let attended = builder.compute(
        kernels.attend(queries: workload.queries, keys: input.keys), rank: rank,
        operands: input.operands(builder, shard) + builder.slices(state),
        attending: input.attention(workload, builder), after: live)
      if fusion == .two {
        let copied = builder.compute(
          copyOfScalars(workload), rank: rank, operands: builder.slices(state, maxima[rank]),
          after: .one(attended))
        ready.append(.one(copied))
      } else {
        ready.append(.one(attended))
      }
    }
    builder.endRegion()
    if fusion == .two {
      ready = reduce(0, maxima, workload, group, ready: ready, &builder)
      builder.beginRegion("rescale")
      for rank in group.ranks {
        let rescaled = builder.compute(
          kernels.rescale(queries: workload.queryTokens), rank: rank,
          operands: builder.slices(states[rank], maxima[rank]),
          after: ready[rank])
        ready[rank] = .one(builder.free(maxima[rank], after: .one(rescaled)))
      }
      builder.endRegion()
    }
    ready = reduce(fusion == .two ? 1 : 0, states, workload, group, ready: ready, &builder)
    builder.beginRegion("normalise")
    for rank in group.ranks {
      // Numerators lie a head apart in the packed state, so the output needs a buffer of its own.
      let output = builder.buffer(
        rank: rank, label: "output", elements: kernels.outputElements(queries: workload.queryTokens),
        type: workload.type)
      let live = builder.allocate(output, after: ready[rank])
      builder.compute(
        kernels.normalise(queries: workload.queryTokens), rank: rank, operands: builder.slices(states[rank], output),
        after: .one(live))
    }
    builder.endRegion()
  }

  /// Puts the LSE where the maximum will be: part of the attend kernel's last stage, so nothing is launched.
  func copyOfScalars(_ workload: AttentionWorkload) -> Kernel {
    Kernel(
      action: .copy, flops: .zero, bytes: workload.scalarBytes * 2, type: workload.partialType, launched: false)
  }
}

extension ProgramBuilder {
  /// The whole of some buffers, where operands are kept.
  func slices(_ first: BufferID, _ second: BufferID? = nil, _ third: BufferID? = nil) -> [Slice] {
    guard keepsOperands else { return [] }
    return [first, second, third].compactMap { $0.map { whole($0) } }
  }
}
