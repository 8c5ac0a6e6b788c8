import Attention
import Programs
import Quantities
import RealModule
import Simulation
import Topologies
import Workloads

extension RankCheck {
  /// A shape and how its numbers are stored.
  struct Case {
    let name: String
    let workload: AttentionWorkload
  }

  /// An algorithm and how its collectives are done.
  struct Entry {
    let algorithm: any AttentionAlgorithm
    /// Whether all-reduces are the library's.
    let callsLibrary: Bool
    let name: String
  }

  /// Three shapes, stored and reduced in three ways, each for a kind of step: to decode as fp32, a chunk of a causal prefill
  /// as fp16 with fp32 partial results, a full one, of few tokens since its work grows with the square, as bf16 throughout.
  var cases: [Case] {
    let types: [(type: DataType, partial: DataType)] = [(.fp32, .fp32), (.fp16, .fp32), (.bf16, .bf16)]
    let prefill = min(tokens, Self.mostPrefillTokens)
    let kinds = [
      ("decode", tokens, 1), ("\(queryTokens) query tokens", tokens, queryTokens),
      ("prefill of \(prefill)", prefill, prefill),
    ]
    return AttentionCheck.shapes.indices.map { place in
      let (types, shape, (kind, tokens, queryTokens)) = (types[place], AttentionCheck.shapes[place], kinds[place])
      return Case(
        name: "\(shape.name) \(types.type)" + (types.type == types.partial ? "" : "/\(types.partial)") + ", \(kind)",
        workload: AttentionWorkload(
          shape: shape.shape, batch: batch, tokens: tokens, queryTokens: queryTokens, mask: .causal, type: types.type,
          partialType: types.partial))
    }
  }

  /// The tokens of a full prefill, where a check has no fewer.
  public static let mostPrefillTokens = 24

  /// Every algorithm by messages, then those that all-reduce by the library: one for each way to fuse, as how our
  /// messages would do it makes no difference then. One rank has nothing to reduce.
  var entries: [Entry] {
    let algorithms = AttentionCheck.algorithms.filter { ranks == 1 || !($0 is SingleDeviceAttention) }
    let byMessages = algorithms.map { algorithm in
      Entry(
        algorithm: algorithm, callsLibrary: false,
        name: algorithm is SingleDeviceAttention ? algorithm.name : "\(algorithm.name), \(algorithm.options)")
    }
    guard ranks > 1 else { return byMessages }
    return byMessages
      + TreeAttention.Fusion.allCases.map { fusion in
        let count = TreeAttention(fusion: fusion, collective: .flat(.ring)).options.prefix { $0 != "," }
        return Entry(
          algorithm: TreeAttention(fusion: fusion, collective: .flat(.ring)), callsLibrary: true,
          name: "tree, \(count), \(libraryCall)")
      }
  }

  /// The rows: one an entry, then those of the accounts.
  var names: [String] {
    entries.map(\.name) + [
      "output of a rank, in bits", "bytes sent by a rank", "bytes received by a rank", "peak bytes of a rank",
    ] + (ranks > 1 ? ["bytes given to \(libraryCall)", "bytes sent beside it", "peak bytes with it"] : [])
  }

  /// Where each row's bound comes from.
  var sources: [String] {
    entries.map { _ in "rounding of sums, exponentials and stored numbers" } + [
      "equal to the same program's in one process", "equal to the simulator's", "equal to the simulator's",
      "equal to the simulator's",
    ]
      + (ranks > 1
        ? [
          "equal to what the program reduces", "equal to the simulator's without its all-reduces",
          "at most the simulator's, where collectives have scratch",
        ] : [])
  }

  /// The numbers of a case, and what they must give.
  struct Input {
    let workload: AttentionWorkload
    let tensors: AttentionTensors<Float>
    let exact: ExactAttention<Double>
    let bound: RankErrorBound

    init(_ check: Case, seed: UInt64, place: Int) {
      workload = check.workload
      let format = NumberFormat(workload.type)
      let drawn = AttentionTensors<Float>(
        workload: workload, seed: SeededHash.mix(seed, UInt64(place), 0), spread: 2)
      tensors = AttentionTensors(
        workload: workload, queries: drawn.queries.map(format.round), keys: drawn.keys.map(format.round),
        values: drawn.values.map(format.round))
      let stored = tensors.converted(to: Double.self)
      exact = ExactAttention(stored)
      bound = RankErrorBound(stored)
    }
  }

  /// What one program gave on this rank: the output's distance from plain attention, and how far each row of the
  /// accounts is off; nil for one that the program says nothing about.
  struct Seen {
    var distance: Double
    var accounts: [Double?]
  }

  func run(_ entry: Entry, _ input: Input, _ transport: some RankTransport) throws -> Seen {
    let program = entry.algorithm.program(for: input.workload, on: AttentionCheck.group(ranks))
    let run = try Simulator(topology: CheckCluster.star(ranks)).run(program)
    let order = run.finishOrder
    let rank = transport.rank
    let plan =
      entry.callsLibrary
      ? try RankPlan(callingLibraryFor: program, rank: rank) : try RankPlan(program, rank: rank, order: order)
    var executor = RankExecutor(program, workload: input.workload, rank: rank)
    try executor.load(input.tensors)
    let before = transport.traffic
    try executor.run(plan, over: transport)
    let moved = transport.traffic - before
    let output = try executor.output
    let exact = input.exact.output(tokens: executor.queryTokens)
    func difference(_ found: Bytes, _ expected: Bytes) -> Double { abs(Double(found.count) - Double(expected.count)) }
    let peak = run.peakBytesByRank[rank]
    guard entry.callsLibrary else {
      let received = program.messages.reduce(Bytes.zero) { $0 + (Int($1.to) == rank ? Bytes($1.bytes) : .zero) }
      return Seen(
        distance: largestDistance(output, exact),
        accounts: [
          try bitsThatDiffer(output, program, order, input, rank), difference(moved.sent, run.bytesSentByRank[rank]),
          difference(moved.received, received), difference(executor.peakBytes, peak), nil, nil, nil,
        ].prefix(names.count - entries.count).map { $0 })
    }
    return Seen(
      distance: largestDistance(output, exact),
      accounts: [
        nil, nil, nil, nil, difference(moved.reduced, Self.payload(program, rank)),
        difference(moved.sent, run.bytesSentByRank[rank] - Self.sentToReduce(program, rank)),
        max(0, Double(executor.peakBytes.count) - Double(peak.count)),
      ])
  }

  /// How many numbers of an output are another than those of the same program executed in one process.
  private func bitsThatDiffer(
    _ output: [Float], _ program: Program, _ order: [Int32], _ input: Input, _ rank: Int
  ) throws(ExecutionError) -> Double {
    var executor = ProgramExecutor<Float>(program, workload: input.workload, rounding: .toBufferType)
    try executor.load(input.tensors)
    try executor.run(order: .given(order))
    let expected = try executor.output(ofRank: rank)
    return Double(zip(output, expected).count { $0.bitPattern != $1.bitPattern } + abs(output.count - expected.count))
  }

  /// The bytes that a rank brings to the all-reduces of a program.
  private static func payload(_ program: Program, _ rank: Int) -> Bytes {
    program.regions.reduce(.zero) { sum, region in
      (region.reduction?.slices ?? []).reduce(sum) { sum, slice in
        let buffer = program.buffers[Int(slice.buffer.index)]
        return Int(buffer.rank) == rank ? sum + Bytes(slice.count * Int64(buffer.type.size)) : sum
      }
    }
  }

  /// The bytes of a rank's messages inside all-reduces.
  private static func sentToReduce(_ program: Program, _ rank: Int) -> Bytes {
    program.messages.reduce(.zero) { sum, message in
      let region = Int(program.regionIndices[Int(message.send)])
      guard Int(message.from) == rank, region >= 0, program.regions[region].reduction != nil else { return sum }
      return sum + Bytes(message.bytes)
    }
  }
}
