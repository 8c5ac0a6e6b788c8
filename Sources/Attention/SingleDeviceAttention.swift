import Programs
import Quantities
import Topologies
import Workloads

/// The baseline of one device that holds the whole cache: no communication at all.
public struct SingleDeviceAttention: AttentionAlgorithm {
  /// Creates the algorithm.
  public init() {}

  /// "single".
  public var name: String { "single" }

  /// "one device".
  public var options: String { "one device" }

  /// The operations of rank 0, whatever the size of the group.
  public func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program {
    var builder = ProgramBuilder(worldSize: 1, keepsOperands: keepsOperands)
    let shard = CacheShard(workload: workload)
    let kernels = AttentionKernels(workload: workload)
    let queries = builder.buffer(
      rank: 0, label: "queries", elements: kernels.queryElements(queries: workload.queryTokens), type: workload.type,
      persistent: true, holding: workload.queries)
    let cache = builder.buffer(
      rank: 0, label: "KV shard", elements: shard.elements(tokens: workload.tokens), type: workload.type,
      persistent: true, holding: workload.keys)
    let output = builder.buffer(
      rank: 0, label: "output", elements: kernels.outputElements(queries: workload.queryTokens), type: workload.type)
    let live = builder.allocate(output)
    builder.beginRegion("local attention")
    builder.compute(
      kernels.attendToOutput(queries: workload.queries, keys: workload.keys), rank: 0,
      operands: [builder.whole(queries)] + shard.keysAndValues(cache, tokens: workload.tokens)
        + [builder.whole(output)],
      attending: AttendedTokens(mask: workload.mask, queries: workload.queries, keys: [workload.keys]),
      after: .one(live))
    builder.endRegion()
    return builder.build()
  }

  /// The step by formula: 2bNd + 2bqd elements of memory for q query tokens, the roofline of one kernel, and no bytes sent.
  public func closedForm(for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel) -> ClosedForm {
    let kernel = AttentionKernels(workload: workload).attendToOutput(queries: workload.queries, keys: workload.keys)
    let peak = workload.cacheBytes(tokens: workload.tokens) + workload.queryBytes + workload.outputBytes
    return ClosedForm(
      bytesSentByRank: [.zero], peakBytesByRank: [peak], time: machine.time(kernel))
  }
}
