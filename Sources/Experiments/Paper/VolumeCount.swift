import Attention
import Collectives
import Quantities
import Workloads

/// What a step sends: the paper's formulas beside the bytes that the simulator counts, each on the basis of the formula.
public struct VolumeCount: Sendable {
  /// A number of ranks and a length.
  public struct Cell: Hashable, Sendable {
    /// The number of ranks.
    public var ranks: Int
    /// The tokens of the context.
    public var tokens: Int
  }

  /// The cluster.
  public let topology: ResolvedTopology
  /// The model.
  public let model: ResolvedModel
  /// What to count for.
  public let cells: [Cell]
  /// How near the counts should be to the formulas.
  public let goal: ReproductionGoal

  func experiment(_ cell: Cell) -> StepExperiment {
    // Partial results in the type of the rest and all-reduces around a ring, as the paper's formula counts.
    var options = StepOptions()
    options.collective = .fixed(.flat(.ring))
    return StepExperiment(
      topology: topology.topology,
      workload: AttentionWorkload(
        shape: model.model.attention.expanded, batch: 1, tokens: cell.tokens, type: .bf16), layers: 1,
      ranks: cell.ranks, options: options)
  }

  /// Simulates every cell.
  func run(on parallel: Parallel) throws -> VolumeOutcome {
    let rows = try parallel.map(cells.count) { index in
      let cell = cells[index]
      let experiment = experiment(cell)
      let workload = experiment.workload
      let formulas = PaperFormulas(workload: workload, ranks: cell.ranks)
      let (tree, ring) = (try experiment.run(.tree).figures, try experiment.run(.ring).figures)
      return VolumeOutcome.Row(
        cell: cell, hops: cell.ranks - 1, ring: ring.totalBytes, ringOfRank: ring.largestBytesSent,
        tree: tree.totalBytes, treeOfRank: tree.largestBytesSent, hopByFormula: formulas.ringHopAllRanks,
        treeByFormula: formulas.treeStepPerRank)
    }
    return VolumeOutcome(experiment: self, rows: rows)
  }
}

/// What came of ``VolumeCount``.
public struct VolumeOutcome: Sendable {
  /// A cell.
  public struct Row: Hashable, Sendable {
    /// Its ranks and tokens.
    public var cell: VolumeCount.Cell
    /// The hops of the ring.
    public var hops: Int
    /// What all ranks of the ring send in a step, simulated.
    public var ring: Bytes
    /// What one of them sends in a step, simulated.
    public var ringOfRank: Bytes
    /// What all ranks of the tree send, simulated.
    public var tree: Bytes
    /// What one of them sends, simulated.
    public var treeOfRank: Bytes
    /// The paper's V_ring: what all ranks send in one hop.
    public var hopByFormula: Double
    /// The paper's V_tree: what one rank sends.
    public var treeByFormula: Double

    /// What all ranks of the ring send in one hop, simulated.
    public var hop: Double { ring.baseUnits / Double(hops) }
    /// V_ring over V_tree as the paper states them.
    public var quotientAsStated: Double { hopByFormula / treeByFormula }
    /// What a rank of the ring sends in a step over what one of the tree sends, simulated.
    public var quotientPerRank: Double { ringOfRank / treeOfRank }
  }

  /// What was reproduced.
  public let experiment: VolumeCount
  /// The cells.
  public let rows: [Row]

  /// How far each count is off its formula, in units of the goal.
  public var excesses: [Double] {
    rows.flatMap { row in
      [
        experiment.goal.excess(row.hop, of: row.hopByFormula, standardError: nil),
        experiment.goal.excess(row.treeOfRank.baseUnits, of: row.treeByFormula, standardError: nil),
      ]
    }
  }
}
