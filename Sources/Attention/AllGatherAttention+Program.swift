import Collectives
import Programs
import Quantities
import Workloads

extension AllGatherAttention {
  /// The operations of every rank; see ``AttentionAlgorithm/program(for:on:keepsOperands:)``.
  public func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program {
    var builder = ProgramBuilder(worldSize: group.size, keepsOperands: keepsOperands)
    let kernels = AttentionKernels(workload: workload)
    let shard = CacheShard(workload: workload)
    let shares = shares(of: workload, among: group.size)
    let keys = group.ranks.map { shares.keys(ofRank: $0) }
    let gather = allGather(of: workload, group)
    var queries: [BufferID] = []
    var sources: [Slice] = []
    var targets: [BufferID] = []
    var outputs: [BufferID] = []
    var ready: [Dependencies] = []
    for rank in group.ranks {
      let own = shares.queries(ofRank: rank)
      queries.append(
        builder.buffer(
          rank: rank, label: "queries", elements: kernels.queryElements(queries: own.count), type: workload.type,
          persistent: true, holding: own))
      let cache = builder.buffer(
        rank: rank, label: "KV shard", elements: shard.elements(tokens: keys[rank].count), type: workload.type,
        persistent: true, holding: keys[rank])
      sources.append(builder.whole(cache))
      let output = builder.buffer(
        rank: rank, label: "output", elements: kernels.outputElements(queries: own.count), type: workload.type)
      outputs.append(output)
      var live = [builder.allocate(output)]
      if group.size > 1 {
        let full = builder.buffer(
          rank: rank, label: "KV gathered", elements: shard.elements(tokens: workload.tokens), type: workload.type)
        live.append(builder.allocate(full))
        targets.append(full)
      } else {
        targets.append(cache)
      }
      ready.append(.all(live))
    }
    ready = gather.lower(self.gather, sources: sources, targets: targets, ready: ready, into: &builder)
    builder.beginRegion("attention to everything")
    for rank in group.ranks {
      let own = shares.queries(ofRank: rank)
      guard !own.isEmpty else { continue }
      var operands: [Slice] = []
      var attention: AttendedTokens?
      if keepsOperands {
        operands.append(builder.whole(queries[rank]))
        for (member, offset) in gather.offsets.enumerated() {
          operands += shard.keysAndValues(targets[rank], tokens: keys[member].count, at: Int64(offset))
        }
        operands.append(builder.whole(outputs[rank]))
        attention = AttendedTokens(mask: workload.mask, queries: own, keys: keys)
      }
      builder.compute(
        kernels.attendToOutput(queries: own, keys: workload.keys), rank: rank, operands: operands, attending: attention,
        after: ready[rank])
    }
    builder.endRegion()
    return builder.build()
  }

  /// The collection of every rank's block of K and V.
  func allGather(of workload: AttentionWorkload, _ group: RankGroup) -> AllGather {
    let shard = CacheShard(workload: workload)
    let shares = shares(of: workload, among: group.size)
    return AllGather(
      group: group.ranks, counts: group.ranks.map { shard.elements(tokens: shares.keys(ofRank: $0).count) },
      type: workload.type)
  }
}
