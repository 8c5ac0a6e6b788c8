import Attention
import Collectives
import Programs
import Quantities
import Scenarios
import Simulation
import Topologies
import Workloads

/// One attention step on one cluster, to be run with any of the algorithms.
///
///     let experiment = StepExperiment(
///       topology: resolved.topology, workload: workload, layers: 32, ranks: 128, options: StepOptions())
///     let outcome = try experiment.run(.tree)
///     print(outcome.figures.makespan)
public struct StepExperiment: Sendable {
  /// The cluster.
  public var topology: Topology
  /// The step of one layer.
  public var workload: AttentionWorkload
  /// The number of layers of the model.
  public var layers: Int
  /// The number of ranks, from the first of the cluster.
  public var ranks: Int
  /// The options of the algorithms.
  public var options: StepOptions
  /// What the step meets beside the cluster as described; nil for nothing.
  public var scenario: Scenario?
  /// How attention kernels are timed; nil for launch overhead and roofline, as of all other kernels.
  public var kernels: KernelTiming?
  /// How exchanges are timed as NCCL runs them, in a closed form beside the simulation; nil for no such closed form.
  public var collectives: CollectiveTiming?

  /// Creates an experiment.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - workload: The step of one layer.
  ///   - layers: The number of layers of the model.
  ///   - ranks: The number of ranks, from the first of the cluster.
  ///   - options: The options of the algorithms.
  ///   - scenario: What the step meets beside the cluster as described.
  ///   - kernels: How attention kernels are timed.
  ///   - collectives: How exchanges are timed as NCCL runs them.
  public init(
    topology: Topology, workload: AttentionWorkload, layers: Int, ranks: Int, options: StepOptions = StepOptions(),
    scenario: Scenario? = nil, kernels: KernelTiming? = nil, collectives: CollectiveTiming? = nil
  ) {
    self.topology = topology
    self.workload = workload
    self.layers = layers
    self.ranks = ranks
    self.options = options
    self.scenario = scenario
    self.kernels = kernels
    self.collectives = collectives
  }

  /// The ranks and their nodes.
  public var group: RankGroup { RankGroup(first: ranks, of: topology) }

  /// The most operations that a program may have; one takes some 100 bytes.
  public static let largestProgram = 40_000_000

  /// Checks that the numbers make a step that can be simulated.
  ///
  /// - Parameter choices: The algorithms that will be run.
  /// - Throws: ``ExperimentError`` naming the first number out of its range.
  public func validate(_ choices: [AlgorithmChoice]) throws(ExperimentError) {
    guard (1...1_000_000).contains(workload.batch) else {
      throw .outOfRange(what: "--batch", found: "\(workload.batch)", expected: "a whole number from 1 to 1000000")
    }
    guard (1...1_000_000_000_000).contains(workload.tokens) else {
      throw .outOfRange(what: "--tokens", found: "\(workload.tokens)", expected: "a number of tokens from 1 to 1e12")
    }
    guard (1...workload.tokens).contains(workload.queryTokens) else {
      throw .outOfRange(
        what: "--query-tokens", found: "\(workload.queryTokens)",
        expected: "a number of tokens from 1 to the \(workload.tokens) of --tokens, of which they are the last")
    }
    guard ranks >= 1, ranks <= topology.deviceCount else {
      throw .tooFewDevices(asked: ranks, topology: topology.name, available: topology.deviceCount)
    }
    // In doubles, which can't overflow: everything below counts bytes in 64 bits.
    let widest = max(workload.shape.expanded.cacheElementsPerToken, workload.shape.cacheElementsPerToken)
    let bytes = Double(workload.batch) * Double(workload.tokens) * Double(widest) * 4 * Double(max(layers, 1))
    guard bytes < 1e18 else {
      throw .outOfRange(
        what: "batch x tokens x heads x head dim x layers",
        found: "\(NumberText.format(bytes, significantDigits: 3)) B",
        expected: "a KV cache below 1e18 B")
    }
    let rows = Double(workload.batch) * Double(workload.queryTokens) * Double(workload.shape.queryHeads)
    let queries = rows * Double(max(workload.shape.keyDim, workload.shape.valueDim + 2)) * 4
    guard queries < 1e18 else {
      throw .outOfRange(
        what: "batch x query tokens x heads x head dim", found: "\(NumberText.format(queries, significantDigits: 3)) B",
        expected: "queries below 1e18 B")
    }
    for choice in choices {
      try validateTraffic(choice, widest: widest)
      let operations = estimatedOperations(choice)
      guard operations <= Double(Self.largestProgram) else {
        throw .outOfRange(
          what: "\(choice.rawValue) on \(ranks) ranks",
          found: "a program of about \(NumberText.format(operations, significantDigits: 2)) operations",
          expected: "at most \(Self.largestProgram); use fewer ranks or another algorithm")
      }
    }
  }

  /// Checks that no sum of bytes over ranks and links can pass 64 bits: a ring sends the whole cache once for each rank,
  /// an all-reduce its payload twice for each rank, or to every other where everybody sends to everybody, and a message
  /// counts on every link that it crosses.
  private func validateTraffic(_ choice: AlgorithmChoice, widest: Int) throws(ExperimentError) {
    let crossings = 16.0
    let cache = Double(workload.batch) * Double(workload.tokens) * Double(widest) * Double(workload.type.size)
    let rows = Double(workload.batch) * Double(workload.queryTokens) * Double(workload.shape.queryHeads)
    let state = rows * Double(workload.shape.valueDim + 2) * 4
    // The cache itself counts for every algorithm: memory is summed over ranks too.
    let sent: Double =
      switch choice {
      case .single: 0
      case .ring, .allGather: Double(ranks) * cache
      case .tree: Double(ranks) * state * (sendsToEverybody ? Double(ranks) : 2)
      }
    // A rank of ring or all-gather has at most all queries, and a tree's every rank has them.
    let most = crossings * max(sent, cache, Double(ranks) * state)
    guard most < 9e18 else {
      throw .outOfRange(
        what: "batch x tokens x heads x head dim on \(ranks) ranks",
        found: "up to \(NumberText.format(most, significantDigits: 3)) B over all links",
        expected: "less than 9e18 B, which 64 bits can count")
    }
  }

  /// Whether an all-reduce may send from everybody to everybody; one that is left to choose may among few ranks only.
  private var sendsToEverybody: Bool {
    switch options.collective {
    case .auto: ranks * ranks <= Selection.maximumMessages
    case .fixed(.flat(let flat)): flat.direct
    case .fixed(.hierarchical): true
    }
  }

  /// About how many operations a program has: quadratic in the ranks for a ring, a one-shot or a two-shot.
  public func estimatedOperations(_ choice: AlgorithmChoice) -> Double {
    let square = Double(ranks) * Double(ranks)
    switch choice {
    case .single: return 3
    case .ring: return 4 * square
    case .allGather: return 2 * square
    case .tree:
      guard case .fixed(.flat(let flat)) = options.collective else {
        // As much as halving-doubling, or a ring inside nodes, has.
        return 200 * Double(ranks)
      }
      guard !flat.direct else { return 6 * square * Double(options.fusion.rawValue) }
      let group = group
      return TreeAttention.allReduces(options.fusion, for: workload, on: group).reduce(12 * Double(ranks)) {
        sum, reduction in
        // A message is sent, received and, half of the time, combined; a rank launches, allocates and frees.
        sum + 2.5 * Double(reduction.totalTraffic(.flat(flat)).messages) + 4 * Double(ranks)
      }
    }
  }

  /// Simulates the step with one algorithm and sets the closed form beside it.
  ///
  /// Under a scenario the step is simulated once without it, once for each replication, and the replication with the
  /// median time is the one whose figures the outcome has in full.
  ///
  /// - Parameters:
  ///   - choice: The algorithm.
  ///   - parallel: The threads that simulate replications; the outcome does not depend on how many there are.
  ///   - observe: Sees the whole run that the figures are of, which the outcome does not keep: to write a trace of it,
  ///     for example.
  ///   - simulated: Is told of every simulation that is done, on any thread.
  /// - Throws: ``ExperimentError`` when the cluster has too few devices; ``ScenarioError`` when the scenario names what
  ///   is not there; ``SimulationError`` when a run goes wrong; what `observe` throws.
  public func run(
    _ choice: AlgorithmChoice, on parallel: Parallel = Parallel(jobs: 1),
    observing observe: (SimulationRun) throws -> Void = { _ in }, simulated: @escaping @Sendable () -> Void = {}
  ) throws -> StepOutcome {
    guard ranks <= topology.deviceCount else {
      throw ExperimentError.tooFewDevices(asked: ranks, topology: topology.name, available: topology.deviceCount)
    }
    let (algorithm, selections) = algorithm(choice)
    let group = choice == .single ? RankGroup(first: 1, of: topology) : group
    let program = algorithm.program(for: workload, on: group, keepsOperands: false)
    let (run, met, timed) = try simulate(program, parallel, simulated)
    try observe(run)
    // The slowest wire is that for messages of the size that the algorithm sends.
    let message =
      choice == .tree ? workload.numeratorBytes : workload.cacheBytes(tokens: workload.shard(ofRank: 0, of: group.size))
    var machine = MachineModel(of: topology, first: group.size, comparing: message)
    machine.attentionTime = attentionTime(on: machine, at: nil)
    let closedForm = algorithm.closedForm(for: workload, on: group, machine: machine)
    return StepOutcome(
      choice: choice, name: algorithm.name, options: algorithm.options, selections: selections,
      figures: StepFigures(of: run), scenario: met, kernels: timed,
      collectives: try collectiveOutcome(algorithm, on: group, machine), closedForm: closedForm,
      fit: MemoryFit(
        peaks: run.peakBytesByRank, workload: workload, layers: layers, topology: topology, algorithm: algorithm),
      layers: layers, isDecode: workload.isDecode)
  }

  /// The algorithm of a choice with the options, and what was compared where a collective was left to choose.
  private func algorithm(_ choice: AlgorithmChoice) -> (any AttentionAlgorithm, [(name: String, selection: Selection)])
  {
    guard choice == .tree, case .auto = options.collective else {
      // Asked only for a tree's collectives, which are fixed here.
      return (options.algorithm(choice, for: workload) { _ in .flat(.ring) }, [])
    }
    let allReduces = TreeAttention.allReduces(options.fusion, for: workload, on: group)
    let model = CollectiveCostModel(topology: topology, group: group.ranks, payloads: allReduces.map { $0.payload })
    let selections = allReduces.map { allReduce in
      (
        name: "all-reduce \(allReduce.reduction.rawValue) of \(allReduce.payload.bytes)",
        selection: Selection.choose(payload: allReduce.payload, on: model)
      )
    }
    return (options.algorithm(choice, for: workload) { selections[$0].selection.algorithm }, selections)
  }

  /// The algorithm of a choice with the options, its collectives chosen for the cluster where they are left to choose.
  public func chosenAlgorithm(_ choice: AlgorithmChoice) -> any AttentionAlgorithm { algorithm(choice).0 }
}
