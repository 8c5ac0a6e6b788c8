import Collectives
import Programs
import Quantities
import Workloads

extension AllGatherDecode {
  /// The operations of every rank; see ``AttentionAlgorithm/program(for:on:keepsOperands:)``.
  public func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program {
    var builder = ProgramBuilder(worldSize: group.size, keepsOperands: keepsOperands)
    let kernels = AttentionKernels(workload: workload)
    let shard = CacheShard(workload: workload)
    let tokens = group.ranks.map { workload.shard(ofRank: $0, of: group.size) }
    let gather = allGather(of: workload, group)
    var queries: [BufferID] = []
    var sources: [Slice] = []
    var targets: [BufferID] = []
    var outputs: [BufferID] = []
    var ready: [Dependencies] = []
    for rank in group.ranks {
      queries.append(
        builder.buffer(
          rank: rank, label: "queries", elements: workload.batch * workload.shape.queryElements, type: workload.type,
          persistent: true))
      let cache = builder.buffer(
        rank: rank, label: "KV shard", elements: shard.elements(tokens: tokens[rank]), type: workload.type,
        persistent: true)
      sources.append(builder.whole(cache))
      let output = builder.buffer(rank: rank, label: "output", elements: kernels.outputElements, type: workload.type)
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
      var operands: [Slice] = []
      if keepsOperands {
        operands.append(builder.whole(queries[rank]))
        for (member, offset) in gather.offsets.enumerated() {
          operands += shard.keysAndValues(targets[rank], tokens: tokens[member], at: Int64(offset))
        }
        operands.append(builder.whole(outputs[rank]))
      }
      builder.compute(
        kernels.attendToOutput(tokens: workload.tokens), rank: rank, operands: operands, after: ready[rank])
    }
    builder.endRegion()
    return builder.build()
  }

  /// The collection of every rank's block of K and V.
  func allGather(of workload: AttentionWorkload, _ group: RankGroup) -> AllGather {
    let shard = CacheShard(workload: workload)
    return AllGather(
      group: group.ranks,
      counts: group.ranks.map { shard.elements(tokens: workload.shard(ofRank: $0, of: group.size)) },
      type: workload.type)
  }
}
