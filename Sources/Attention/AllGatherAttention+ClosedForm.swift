import Collectives
import Quantities
import Workloads

extension AllGatherAttention {
  /// The step by formula.
  ///
  /// Bytes are those of the all-gather of K and V. Memory is the own shard, the whole cache, the own queries and their
  /// output: 2btd + 2bNd + 2bqd elements for q query tokens of the rank (without the second term for one rank). Time is
  /// the all-gather's, and the kernel over all N tokens of the rank whose queries see most.
  public func closedForm(
    for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel
  ) -> ClosedForm {
    let gather = allGather(of: workload, group)
    let everything = group.size > 1 ? workload.cacheBytes(tokens: workload.tokens) : .zero
    let shares = shares(of: workload, among: group.size)
    let kernels = AttentionKernels(workload: workload)
    let slowest = machine.slowest(
      group.ranks.lazy.map { shares.queries(ofRank: $0) }.filter { !$0.isEmpty }
        .map { kernels.attendToOutput(queries: $0, keys: workload.keys) })
    let collected =
      group.size > 1
      ? machine.exchangeTime?(.allGather(everything))
        ?? gather.time(self.gather, copies: true, on: machine.wire).total : Seconds.zero
    return ClosedForm(
      bytesSentByRank: group.ranks.map { gather.traffic(of: $0, self.gather).bytes },
      peakBytesByRank: group.ranks.map { rank in
        let queries = shares.queries(ofRank: rank).count
        return workload.cacheBytes(tokens: shares.keys(ofRank: rank).count) + everything
          + workload.queryBytes(tokens: queries) + workload.outputBytes(tokens: queries)
      },
      time: collected + slowest)
  }
}
