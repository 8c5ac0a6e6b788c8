import Quantities
import Workloads

extension RingDecode {
  /// The step by formula.
  ///
  /// Bytes: in p − 1 hops rank r passes on the shards of ranks r, r − 1, …, r − p + 2, which is every shard but that
  /// of rank r + 1; in p hops every shard. Summed over the ranks one hop carries all N tokens: 2bNd elements, the
  /// paper's V_ring = 2btd·p.
  ///
  /// Time of equal shards, with c for a kernel, h for a hop and z for the normalising kernel: overlapped
  /// (p−1)·max(c, h) + c + z, otherwise (p−1)(c + h) + c + z. The p-th hop, which brings the shards home, runs beside
  /// what is left: overlapped (p−1)·max(c, h) + max(h, c + z), otherwise (p−1)(c + h) + c + max(h, z). A hop is h =
  /// launch + overhead + latency + bytes/bandwidth. The expanding kernel comes before, where heads are expanded.
  public func closedForm(
    for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel
  ) -> ClosedForm {
    let size = group.size
    let rotating = rotating(workload)
    let longest = workload.shard(ofRank: 0, of: size)
    return ClosedForm(
      bytesSentByRank: group.ranks.map { bytesSent(by: $0, of: size, rotating) },
      peakBytesByRank: group.ranks.map { peak(ofRank: $0, of: size, workload) },
      time: time(longest: longest, ranks: size, workload, machine))
  }

  private func bytesSent(by rank: Int, of size: Int, _ rotating: AttentionWorkload) -> Bytes {
    guard size > 1 else { return .zero }
    let all = rotating.cacheBytes(tokens: rotating.tokens)
    guard hops == .fewest else { return all }
    return all - rotating.cacheBytes(tokens: rotating.shard(ofRank: (rank + 1) % size, of: size))
  }

  private func peak(ofRank rank: Int, of size: Int, _ workload: AttentionWorkload) -> Bytes {
    let own = workload.cacheBytes(tokens: workload.shard(ofRank: rank, of: size))
    let slot = rotating(workload).cacheBytes(tokens: workload.shard(ofRank: 0, of: size))
    let hopCount = hops.count(ranks: size)
    let cache: Bytes
    if expands(workload) {
      cache = own + slot * (hopCount > 0 ? 2 : 1)
    } else if keepsHomeShard {
      cache = own + slot * min(hopCount, 2)
    } else {
      cache = hopCount > 0 ? slot * 2 : own
    }
    let output = workload.partialType == workload.type ? Bytes.zero : workload.outputBytes
    return cache + workload.queryBytes + workload.numeratorBytes + workload.scalarBytes * 2 + output
  }

  private func time(longest: Int, ranks: Int, _ workload: AttentionWorkload, _ machine: MachineModel) -> Seconds {
    let kernels = AttentionKernels(workload: workload)
    let rotating = rotating(workload)
    let kernel = AttentionKernels.time(
      AttentionKernels(workload: rotating).attendInto(tokens: longest), on: machine.device)
    let wire = machine.wire
    let hop = wire.launch + wire.overhead + wire.latency + rotating.cacheBytes(tokens: longest) / wire.bandwidth
    let normalise = AttentionKernels.time(kernels.normalise, on: machine.device)
    let expansion =
      expands(workload) ? AttentionKernels.time(kernels.expand(tokens: longest), on: machine.device) : .zero
    let rotation = (overlapsTransfer ? max(kernel, hop) : kernel + hop) * Double(ranks - 1)
    guard hops == .homecoming, ranks > 1 else { return expansion + rotation + kernel + normalise }
    let last = overlapsTransfer ? max(hop, kernel + normalise) : kernel + max(hop, normalise)
    return expansion + rotation + last
  }
}
