import Attention
import Collectives
import Quantities
import Simulation
import Topologies
import Workloads

/// One decode step on one cluster, to be run with any of the algorithms.
///
///     let experiment = DecodeExperiment(
///       topology: resolved.topology, workload: workload, layers: 32, ranks: 128, options: StepOptions())
///     let outcome = try experiment.run(.tree)
///     print(outcome.figures.makespan)
public struct DecodeExperiment: Sendable {
  /// The cluster.
  public var topology: Topology
  /// The step of one layer.
  public var workload: DecodeWorkload
  /// The number of layers of the model.
  public var layers: Int
  /// The number of ranks, from the first of the cluster.
  public var ranks: Int
  /// The options of the algorithms.
  public var options: StepOptions

  /// Creates an experiment.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - workload: The step of one layer.
  ///   - layers: The number of layers of the model.
  ///   - ranks: The number of ranks, from the first of the cluster.
  ///   - options: The options of the algorithms.
  public init(
    topology: Topology, workload: DecodeWorkload, layers: Int, ranks: Int, options: StepOptions = StepOptions()
  ) {
    self.topology = topology
    self.workload = workload
    self.layers = layers
    self.ranks = ranks
    self.options = options
  }

  /// The ranks and their nodes.
  public var group: RankGroup { RankGroup(first: ranks, of: topology) }

  /// Simulates the step with one algorithm and sets the closed form beside it.
  ///
  /// - Throws: ``ExperimentError`` when the cluster has too few devices; ``SimulationError`` when the run goes wrong.
  public func run(_ choice: AlgorithmChoice) throws -> StepOutcome {
    guard ranks <= topology.deviceCount else {
      throw ExperimentError.tooFewDevices(asked: ranks, topology: topology.name, available: topology.deviceCount)
    }
    let (algorithm, selections) = algorithm(choice)
    let group = choice == .single ? RankGroup(first: 1, of: topology) : group
    let run = try Simulator(topology: topology).run(algorithm.program(for: workload, on: group))
    let largest = workload.cacheBytes(tokens: workload.shard(ofRank: 0, of: group.size))
    let machine = MachineModel(of: topology, first: group.size, comparing: largest)
    let closedForm = algorithm.closedForm(for: workload, on: group, machine: machine)
    return StepOutcome(
      choice: choice, name: algorithm.name, options: algorithm.options, selections: selections,
      figures: StepFigures(of: run), closedForm: closedForm,
      fit: MemoryFit(
        peaks: run.peakBytesByRank, workload: workload, layers: layers, topology: topology, algorithm: algorithm),
      layers: layers)
  }

  /// The algorithm of a choice with the options, and what was compared where a collective was left to choose.
  private func algorithm(_ choice: AlgorithmChoice) -> (any DecodeAlgorithm, [Selection]) {
    switch choice {
    case .tree:
      let allReduces = TreeDecode.allReduces(options.fusion, for: workload, on: group)
      switch options.collective {
      case .fixed(let collective):
        return (TreeDecode(fusion: options.fusion, collective: collective), [])
      case .auto:
        let selections = allReduces.map { Selection.choose(for: $0, on: topology) }
        return (TreeDecode(fusion: options.fusion) { selections[$0].chosen }, selections)
      }
    case .ring:
      return (
        RingDecode(
          hops: options.hops, overlapsTransfer: options.overlapsTransfer, expandsHeads: options.expandsHeads,
          keepsHomeShard: options.keepsHomeShard), []
      )
    case .allGather:
      return (AllGatherDecode(), [])
    case .single:
      return (SingleDeviceDecode(), [])
    }
  }
}
