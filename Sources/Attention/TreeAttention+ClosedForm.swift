import Collectives
import Quantities
import Workloads

extension TreeAttention {
  /// The step by formula.
  ///
  /// Bytes are those of the all-reduces: for each query token b·n_h maxima, b·d numerators and b·n_h denominators, packed
  /// or not, so that over a ring each rank sends 2(p−1)/p·(bd + 2b·n_h) elements (paper, section 5.3). Memory is the
  /// paper's 2btd +
  /// 2bd + 2b·n_h where three all-reduces run on the type of the model, plus the collectives' scratch at its largest:
  ///
  /// - three: KV + Q + n + d + max(m + scratch(max), scratch(n), scratch(d), output when its type differs);
  /// - two: KV + Q + (n, d) + max(m + scratch(max), scratch(n, d), output);
  /// - one: KV + Q + (m, d, n) + max(scratch, output).
  ///
  /// Time is the sum of the kernels and of each all-reduce as if all ranks entered it together, once that with the most
  /// to attend to is done. That is exact when
  /// posting a message costs nothing, or with one all-reduce. Otherwise ranks that post several messages leave an
  /// all-reduce a little apart and enter the next so, and the sum is off by up to about a percent.
  public func closedForm(
    for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel
  ) -> ClosedForm {
    let kernels = AttentionKernels(workload: workload)
    let reductions = zip(Self.allReduces(fusion, for: workload, on: group), collectives)
    var sent = [Bytes](repeating: .zero, count: group.size)
    var scratch: [[Bytes]] = []
    for (reduction, algorithm) in reductions {
      let traffic = reduction.trafficOfMembers(algorithm, nodes: group.nodes)
      for (rank, own) in traffic.enumerated() { sent[rank] += own.bytes }
      scratch.append(traffic.map(\.peakScratch))
    }
    let separateOutput = workload.partialType == workload.type ? Bytes.zero : workload.outputBytes
    let peaks = group.ranks.map { rank -> Bytes in
      let inputs =
        workload.cacheBytes(tokens: workload.shard(ofRank: rank, of: group.size)) + workload.queryBytes
      let numerators = workload.numeratorBytes
      let scalars = workload.scalarBytes
      switch fusion {
      case .three:
        let highest = max(scalars + scratch[0][rank], scratch[1][rank], scratch[2][rank], separateOutput)
        return inputs + numerators + scalars + highest
      case .two:
        return inputs + numerators + scalars
          + max(scalars + scratch[0][rank], scratch[1][rank], workload.outputBytes)
      case .one:
        return inputs + numerators + scalars * 2 + max(scratch[0][rank], workload.outputBytes)
      }
    }
    let shares = shares(of: workload, among: group.size)
    var time = machine.slowest(
      group.ranks.lazy.map { kernels.attend(queries: workload.queries, keys: shares.keys(ofRank: $0)) })
    if fusion != .one {
      time += machine.time(copyOfScalars(workload))
      time += machine.time(kernels.rescale(queries: workload.queryTokens))
    }
    for (reduction, algorithm) in reductions {
      time +=
        (reduction.trivial ? nil : machine.exchangeTime?(.allReduce(reduction.payload.bytes)))
        ?? reduction.time(algorithm, nodes: group.nodes, on: machine.wire).total
    }
    time += machine.time(kernels.normalise(queries: workload.queryTokens))
    return ClosedForm(bytesSentByRank: sent, peakBytesByRank: peaks, time: time)
  }
}
