import Attention
import Collectives
import Programs
import Quantities
import RealModule
import Simulation
import Topologies
import Workloads

/// Checks that every algorithm computes attention, and moves and keeps the bytes that the simulator says: by executing
/// the very programs that it times.
///
/// The programs run in double precision, in an order drawn by chance, so that a missing dependency shows; then once more
/// in the order of the simulation, for bytes and peaks.
///
/// The bound of an output: with u the unit roundoff, a logit over key dim products is wrong by (key dim)·u·Σ|q·k| at
/// most; a weight e^(s−m) by that, by u for each of the at most `tokens` sums and the 4 operations of each of 2·ranks
/// merges, by the spread of the logits, and, where a rank first normalises by its LSE and then takes that back, by
/// 2·|LSE|; call the sum θ. Numerators and denominators are then off by the factor e^θ at most each, and the output by
/// 2·(e^θ − 1)·max|v|.
public struct AttentionCheck: Sendable {
  /// Chooses the numbers and the orders.
  public let seed: UInt64
  /// The numbers of ranks to share the tokens over.
  public let ranks: [Int]
  /// The tokens of each sequence.
  public let tokens: Int
  /// The query tokens of a chunk of a prefill; as many as ``tokens`` where these are fewer.
  public let queryTokens: Int
  /// The sequences of a batch.
  public let batch: Int

  /// Describes a check; every number is at least 1.
  public init(seed: UInt64, ranks: [Int], tokens: Int, queryTokens: Int = 5, batch: Int) {
    self.queryTokens = min(queryTokens, tokens)
    self.seed = seed
    self.ranks = ranks
    self.tokens = tokens
    self.batch = batch
  }

  /// Attention with a KV head a query head, with one for several, and with a latent cache.
  static let shapes: [(name: String, shape: AttentionShape)] = [
    ("MHA", AttentionShape(queryHeads: 3, kvHeads: 3, keyDim: 8)),
    ("GQA", AttentionShape(queryHeads: 6, kvHeads: 2, keyDim: 8)),
    ("MLA", .latent(queryHeads: 4, latentDim: 12, rotaryDim: 4)),
  ]

  /// A decode step, a chunk of a prefill and a full prefill, with each mask; with one query token masks are the same.
  static func kinds(queryTokens: Int, tokens: Int) -> [(name: String, queryTokens: Int, mask: AttentionMask)] {
    [("decode", 1, .causal)]
      + AttentionMask.allCases.flatMap { mask in
        [
          ("\(queryTokens) query tokens, \(mask.rawValue)", queryTokens, mask),
          ("prefill, \(mask.rawValue)", tokens, mask),
        ]
      }
  }

  /// Every algorithm with every option.
  static var algorithms: [any AttentionAlgorithm] {
    let collectives: [CollectiveAlgorithm] =
      FlatAlgorithm.allCases.map { .flat($0) } + [.hierarchical(inside: .ring, across: .halvingDoubling)]
    var algorithms: [any AttentionAlgorithm] = []
    for fusion in TreeAttention.Fusion.allCases {
      for collective in collectives { algorithms.append(TreeAttention(fusion: fusion, collective: collective)) }
    }
    for layout in layouts {
      for hops in RingAttention.Hops.allCases {
        for overlap in [true, false] {
          for expand in [false, true] {
            for keep in [false, true] {
              algorithms.append(
                RingAttention(
                  hops: hops, overlapsTransfer: overlap, expandsHeads: expand, keepsHomeShard: keep, queryLayout: layout
                ))
            }
          }
        }
      }
    }
    for layout in layouts {
      for gather in [AllGather.Algorithm.ring, .direct] {
        algorithms.append(AllGatherAttention(gather: gather, queryLayout: layout))
      }
    }
    return algorithms + [SingleDeviceAttention()]
  }

  /// How queries are dealt out; nil for not at all.
  static let layouts: [TokenLayout?] = [nil, .contiguous, .zigzag]

  /// How many programs are executed: each algorithm with each shape and kind of step, on each number of ranks.
  public var programCount: Int {
    let cases = Self.shapes.flatMap { _ in Self.kinds(queryTokens: queryTokens, tokens: tokens) }
    return Self.algorithms.reduce(0) { sum, algorithm in
      sum + cases.count { isChecked(algorithm, queryTokens: $0.queryTokens) } * ranks(of: algorithm).count
    }
  }

  /// Replicated queries are for few: of a full prefill every rank would make the whole output.
  private func isChecked(_ algorithm: any AttentionAlgorithm, queryTokens: Int) -> Bool {
    algorithm.queryLayout != nil || algorithm is TreeAttention || algorithm is SingleDeviceAttention
      || queryTokens <= self.queryTokens
  }

  private func ranks(of algorithm: any AttentionAlgorithm) -> [Int] {
    algorithm is SingleDeviceAttention ? [1] : ranks
  }

  /// What the command line must say to check the same again.
  public var reproduction: String {
    let ranks = ranks.map { "\($0)" }.joined(separator: ",")
    return "treeline check attention --seed \(seed) --ranks \(ranks) --tokens \(tokens) "
      + "--query-tokens \(queryTokens) --batch \(batch)"
  }

  /// Runs the check: a row an algorithm, then one for bytes and one for peaks.
  ///
  /// - Parameter progress: Is told how many of ``programCount`` are done.
  /// - Throws: ``ExecutionError`` or `SimulationError` where a program can't be executed or timed.
  public func residuals(progress: (Int) -> Void = { _ in }) throws -> [Residual] {
    var rows: [Residual] = []
    var bytes = WorstResidual("bytes sent by a rank", source: "equal to the simulator's", reproduction: reproduction)
    var peaks = WorstResidual("peak bytes of a rank", source: "equal to the simulator's", reproduction: reproduction)
    let cases = Self.shapes.enumerated().flatMap { place, entry in
      Self.kinds(queryTokens: queryTokens, tokens: tokens).map { kind in
        let workload = AttentionWorkload(
          shape: entry.shape, batch: batch, tokens: tokens, queryTokens: kind.queryTokens, mask: kind.mask, type: .bf16,
          partialType: .fp32)
        return Case(
          name: "\(entry.name), \(kind.name)", workload: workload, seed: SeededHash.mix(seed, UInt64(place), 0))
      }
    }
    var done = 0
    for (index, algorithm) in Self.algorithms.enumerated() {
      var row = WorstResidual(
        algorithm is SingleDeviceAttention ? algorithm.name : "\(algorithm.name), \(algorithm.options)",
        source: "rounding of sums and exponentials", reproduction: reproduction)
      for entry in cases where isChecked(algorithm, queryTokens: entry.workload.queryTokens) {
        for count in ranks(of: algorithm) {
          let place = "\(entry.name), \(count == 1 ? "1 rank" : "\(count) ranks")"
          let program = algorithm.program(for: entry.workload, on: Self.group(count))
          let order = ExecutionOrder.random(seed: SeededHash.mix(seed, UInt64(index), UInt64(count)))
          row.see(
            try entry.distance(program, order), within: entry.bound(ranks: count), at: place)
          let (sent, peak) = try entry.accounts(program)
          bytes.see(sent, within: 0, at: "\(algorithm.name), \(place)")
          peaks.see(peak, within: 0, at: "\(algorithm.name), \(place)")
          done += 1
          progress(done)
        }
      }
      rows.append(row.row)
    }
    return rows + [bytes.row, peaks.row]
  }

  /// So many ranks in nodes of two.
  static func group(_ ranks: Int) -> RankGroup {
    var group = RankGroup(oneNodeOf: ranks)
    group.nodes = stride(from: 0, to: ranks, by: 2).map { Array($0..<min($0 + 2, ranks)) }
    return group
  }
}

extension AttentionCheck {
  /// One shape with its numbers and what they must give.
  struct Case {
    let name: String
    let workload: AttentionWorkload
    let tensors: AttentionTensors<Double>
    private let exact: ExactAttention<Double>
    private let largestValue: Double
    private let largestProduct: Double
    private let spread: Double

    init(name: String, workload: AttentionWorkload, seed: UInt64) {
      self.name = name
      self.workload = workload
      tensors = AttentionTensors(workload: workload, seed: seed, spread: 2)
      exact = ExactAttention(tensors)
      largestValue = tensors.largestValue
      // Logits lie within this of zero.
      largestProduct = tensors.largestProduct
      spread = 2 * largestProduct
    }

    func bound(ranks: Int) -> Double {
      let unit = Double.ulpOfOne / 2
      let largestLSE = exact.logSumExps.map { abs($0) }.max() ?? 0
      let operations = Double(workload.tokens + 8 * ranks + 8)
      let theta =
        (operations + Double(workload.shape.keyDim) * largestProduct + spread + 2 * largestLSE) * unit
      return (2 * Double.expMinusOne(theta) + 2 * unit) * largestValue
    }

    /// The largest difference of any rank's output from plain attention of its queries.
    func distance(_ program: Program, _ order: ExecutionOrder) throws(ExecutionError) -> Double {
      var executor = ProgramExecutor<Double>(program, workload: workload)
      try executor.load(tensors)
      try executor.run(order: order)
      var worst = 0.0
      for rank in 0..<program.worldSize {
        let output = try executor.output(ofRank: rank)
        let expected = exact.output(tokens: executor.queryTokens(ofRank: rank))
        worst = max(worst, largestDistance(output, expected))
      }
      return worst
    }

    /// How far bytes and peaks, as executed in the order of a simulation, are from the simulator's on the worst rank.
    func accounts(_ program: Program) throws -> (sent: Double, peak: Double) {
      let run = try Simulator(topology: CheckCluster.star(program.worldSize)).run(program)
      let order = run.finishOrder
      var executor = ProgramExecutor<Double>(program, workload: workload)
      try executor.load(tensors)
      try executor.run(order: .given(order))
      func largest(_ found: [Bytes], _ expected: [Bytes]) -> Double {
        zip(found, expected).map { abs(Double($0.count) - Double($1.count)) }.max() ?? 0
      }
      return (
        largest(executor.bytesSentByRank, run.bytesSentByRank), largest(executor.peakBytesByRank, run.peakBytesByRank)
      )
    }
  }
}
