import Attention
import Quantities
import Workloads

/// How much more memory the ring takes at its peak than the tree, by the width of the block.
public struct PeakMemoryGap: Sendable {
  /// A published gap.
  public struct Published: Hashable, Sendable {
    /// The width, d: query heads times head dim.
    public var width: Int
    /// Ring minus tree.
    public var gap: Bytes
    /// Where it stands.
    public var source: String
  }

  /// The cluster.
  public let topology: ResolvedTopology
  /// The number of ranks.
  public let ranks: Int
  /// The tokens of the context.
  public let tokens: Int
  /// The head dim; the heads are the width over it.
  public let headDim: Int
  /// The layers of a whole model, each with a cache of its own.
  public let layers: Int
  /// What was published.
  public let published: [Published]
  /// How near the gaps should be.
  public let goal: ReproductionGoal

  func experiment(width: Int) -> StepExperiment {
    let heads = width / headDim
    return StepExperiment(
      topology: topology.topology,
      workload: PublishedCode.workload(
        AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: headDim), tokens: tokens), layers: layers,
      ranks: ranks, options: PublishedCode.options)
  }

  /// Simulates both algorithms at every width.
  func run(on parallel: Parallel) throws -> PeakMemoryOutcome {
    let rows = try parallel.map(published.count) { index in
      let experiment = experiment(width: published[index].width)
      let workload = experiment.workload
      let formulas = PaperFormulas(workload: workload, ranks: ranks)
      let (tree, ring) = (try experiment.run(.tree), try experiment.run(.ring))
      let cache = workload.cacheBytes(tokens: workload.shard(ofRank: 0, of: ranks))
      return PeakMemoryOutcome.Row(
        published: published[index], tree: tree.figures.peak.bytes, ring: ring.figures.peak.bytes,
        gapByFormula: formulas.ringMemory - formulas.treeMemory, cache: cache, treeOfLayers: tree.fit.needed,
        ringOfLayers: ring.fit.needed,
        impliedTokens: published[index].gap / cache * Double(tokens))
    }
    return PeakMemoryOutcome(experiment: self, rows: rows)
  }
}

/// What came of ``PeakMemoryGap``.
public struct PeakMemoryOutcome: Sendable {
  /// A width.
  public struct Row: Hashable, Sendable {
    /// What was published.
    public var published: PeakMemoryGap.Published
    /// The tree's highest peak, one layer, simulated.
    public var tree: Bytes
    /// The ring's highest peak, one layer, simulated.
    public var ring: Bytes
    /// The gap by the paper's formulas, in bytes of the step's type.
    public var gapByFormula: Double
    /// The bytes of a rank's share of K and V.
    public var cache: Bytes
    /// What the tree needs with the caches of all layers, simulated.
    public var treeOfLayers: Bytes
    /// What the ring needs with the caches of all layers, simulated.
    public var ringOfLayers: Bytes
    /// The tokens at which a rank's share of K and V is the published gap.
    public var impliedTokens: Double

    /// Ring minus tree, simulated.
    public var gap: Bytes { ring - tree }
    /// The tree's share of the ring's peak.
    public var share: Double { tree / ring }
    /// The same with the caches of all layers.
    public var shareOfLayers: Double { treeOfLayers / ringOfLayers }
    /// The same of what is not the cache: the tree's buffers over the ring's.
    public var shareOfBuffers: Double { (tree - cache) / (ring - cache) }
  }

  /// What was reproduced.
  public let experiment: PeakMemoryGap
  /// The widths.
  public let rows: [Row]

  /// How far each gap is off, in units of the goal.
  public var excesses: [Double] {
    rows.map { experiment.goal.excess($0.gap.baseUnits, of: $0.published.gap.baseUnits, standardError: nil) }
  }
}
