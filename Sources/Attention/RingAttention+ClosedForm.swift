import Quantities
import Workloads

extension RingAttention {
  /// The step by formula.
  ///
  /// Bytes: in p − 1 hops rank r passes on the shards of ranks r, r − 1, …, r − p + 2, which is every shard but that
  /// of rank r + 1; in p hops every shard. Summed over the ranks one hop carries all N tokens: 2bNd elements, the
  /// paper's V_ring = 2btd·p.
  ///
  /// Time of equal shards, with k for the kernel of a rank's own shard, c for that of another's, h for a hop and z for the
  /// normalising kernel: overlapped max(k, h) + (p−2)·max(c, h) + c + z, otherwise k + h + (p−2)(c + h) + c + z; k + z
  /// for one rank. Where every query sees every key k is c, and these are (p−1)·max(c, h) + c + z and (p−1)(c + h) + c +
  /// z. The p-th hop, which brings the shards home, runs beside what is left: c + z becomes max(h, c + z), or c + max(h,
  /// z) without overlap. A hop is h = launch + overhead + latency + bytes/bandwidth. The expanding kernel comes before,
  /// where heads are expanded.
  ///
  /// Under a causal mask c is the slowest kernel for another's shard, since some rank has one as slow in every step from
  /// the second on and holds all others back: with contiguous shares the last rank, which sees all of every shard; with
  /// zigzag shares the last, whose queries see the earlier half of every other shard, or the first, of whose queries the
  /// later half sees all of every other shard. So balance halves c and makes every rank as fast as the slowest.
  public func closedForm(
    for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel
  ) -> ClosedForm {
    let shares = shares(of: workload, among: group.size)
    let rotating = rotating(workload)
    return ClosedForm(
      bytesSentByRank: group.ranks.map { bytesSent(by: $0, shares, rotating) },
      peakBytesByRank: group.ranks.map { peak(ofRank: $0, shares, rotating) },
      time: time(shares, rotating, machine))
  }

  private func bytesSent(by rank: Int, _ shares: TokenShares, _ rotating: AttentionWorkload) -> Bytes {
    guard shares.ranks > 1 else { return .zero }
    let all = rotating.cacheBytes(tokens: rotating.tokens)
    guard hops == .fewest else { return all }
    return all - rotating.cacheBytes(tokens: shares.keys(ofRank: (rank + 1) % shares.ranks).count)
  }

  private func peak(ofRank rank: Int, _ shares: TokenShares, _ rotating: AttentionWorkload) -> Bytes {
    let workload = shares.workload
    let own = workload.cacheBytes(tokens: shares.keys(ofRank: rank).count)
    let slot = rotating.cacheBytes(tokens: shares.mostKeys)
    let hopCount = hops.count(ranks: shares.ranks)
    let cache: Bytes
    if expands(workload) {
      cache = own + slot * (hopCount > 0 ? 2 : 1)
    } else if keepsHomeShard {
      cache = own + slot * min(hopCount, 2)
    } else {
      cache = hopCount > 0 ? slot * 2 : own
    }
    let queries = shares.queries(ofRank: rank).count
    let output = workload.partialType == workload.type ? Bytes.zero : workload.outputBytes(tokens: queries)
    return cache + workload.queryBytes(tokens: queries)
      + AttentionKernels(workload: workload).stateBytes(queries: queries) + output
  }

  private func time(_ shares: TokenShares, _ rotating: AttentionWorkload, _ machine: MachineModel) -> Seconds {
    let workload = shares.workload
    let kernels = AttentionKernels(workload: workload)
    let own = ownKernelTime(shares, rotating, machine)
    let other = otherKernelTime(shares, rotating, machine)
    let wire = machine.wire
    let shard = rotating.cacheBytes(tokens: shares.mostKeys)
    let hop =
      machine.exchangeTime?(.hop(shard)) ?? wire.launch + wire.overhead + wire.latency + shard / wire.bandwidth
    let normalise = machine.time(kernels.normalise(queries: shares.mostQueries))
    let expansion =
      expands(workload) ? machine.time(kernels.expand(tokens: shares.mostKeys)) : .zero
    guard shares.ranks > 1 else { return expansion + own + normalise }
    func step(_ kernel: Seconds) -> Seconds { overlapsTransfer ? max(kernel, hop) : kernel + hop }
    let rotation = step(own) + step(other) * Double(shares.ranks - 2)
    guard hops == .homecoming else { return expansion + rotation + other + normalise }
    let last = overlapsTransfer ? max(hop, other + normalise) : other + max(hop, normalise)
    return expansion + rotation + last
  }

  /// The time of the slowest kernel for a rank's own shard.
  private func ownKernelTime(_ shares: TokenShares, _ rotating: AttentionWorkload, _ machine: MachineModel) -> Seconds {
    let kernels = AttentionKernels(workload: rotating)
    return machine.slowest(
      (0..<shares.ranks).lazy
        .map { kernels.attendInto(queries: shares.queries(ofRank: $0), keys: shares.keys(ofRank: $0)) }
        .filter { $0.flops > .zero })
  }

  /// The time of the slowest kernel for another rank's shard, by the sizes of shares: at least as long as any that there
  /// is, and no longer where shares are equal and the step is a full prefill, a decode step or not masked.
  private func otherKernelTime(
    _ shares: TokenShares, _ rotating: AttentionWorkload, _ machine: MachineModel
  ) -> Seconds {
    let kernels = AttentionKernels(workload: rotating)
    func time(_ queryCount: Int, _ keyCount: Int) -> Seconds {
      guard queryCount > 0, keyCount > 0 else { return .zero }
      let pairs = Double(queryCount) * Double(keyCount)
      return machine.time(kernels.attendInto(pairs: pairs, queryCount: queryCount, keyCount: keyCount))
    }
    guard queryLayout == .zigzag, rotating.mask == .causal, rotating.queryTokens == rotating.tokens else {
      return time(shares.mostQueries, shares.mostKeys)
    }
    // Half of a share, rounded up: a run of the zigzag.
    let run = TokenLayout.contiguous.largestShare(of: rotating.tokens, among: 2 * shares.ranks)
    return max(time(shares.mostQueries, run), time(run, shares.mostKeys))
  }
}
