import Collectives
import Quantities
import Workloads

extension AllGatherDecode {
  /// The step by formula.
  ///
  /// Bytes are those of the all-gather of K and V. Memory is the own shard, the whole cache, the queries and the
  /// output: 2btd + 2bNd + 2bd elements (without the second term for one rank). Time is the all-gather's and one
  /// kernel over all N tokens.
  public func closedForm(
    for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel
  ) -> ClosedForm {
    let gather = allGather(of: workload, group)
    let everything = group.size > 1 ? workload.cacheBytes(tokens: workload.tokens) : .zero
    let kernel = AttentionKernels(workload: workload).attendToOutput(tokens: workload.tokens)
    let collected =
      group.size > 1 ? gather.time(self.gather, copies: true, on: machine.wire).total : Seconds.zero
    return ClosedForm(
      bytesSentByRank: group.ranks.map { gather.traffic(of: $0, self.gather).bytes },
      peakBytesByRank: group.ranks.map { rank in
        workload.cacheBytes(tokens: workload.shard(ofRank: rank, of: group.size)) + everything
          + workload.queryBytes + workload.outputBytes
      },
      time: collected + AttentionKernels.time(kernel, on: machine.device))
  }
}
