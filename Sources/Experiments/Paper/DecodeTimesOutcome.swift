import Quantities

/// What came of ``DecodeTimes``: the fit and, for each length, ring minus tree of one layer and step.
public struct DecodeTimesOutcome: Sendable {
  /// One length.
  public struct Row: Hashable, Sendable {
    /// The tokens of the context.
    public var tokens: Int
    /// The bytes of a hop.
    public var hopBytes: Bytes
    /// The published times; nil where there are none.
    public var published: PublishedTimes?
    /// The published code's ring, simulated with the fitted overhead and bandwidth.
    public var ring: Seconds
    /// The published code's tree without what stands around it, simulated.
    public var tree: Seconds
    /// The tree's broadcast and barrier, simulated.
    public var synchronisation: Seconds
    /// The ring less the tree and what stands around it.
    public var difference: Seconds
    /// The standard deviation of the difference that the deviations of the fitted parameters make.
    public var deviation: Seconds
    /// The hops alone, by formula: (p − 1)(o + hop/B).
    public var hopsAlone: Seconds
    /// The difference by a fit to the other published rows; nil where nothing is published.
    public var leftOut: Seconds?
    /// The difference by the fit with wider priors: how much the priors decide.
    public var widerPriors: Seconds
    /// The difference with the cluster's links as described, and the published code otherwise.
    public var asDescribed: Seconds
    /// The difference when the ring and the tree keep KV heads as they are, the fitted link otherwise.
    public var keyValueHeads: Seconds
    /// The difference when the ring's bytes take all ways at once; nil where there is one way.
    public var allWays: Seconds?
    /// The difference with Treeline's own defaults: links as described, KV heads, overlap, no barrier.
    public var byDefault: Seconds
  }

  /// What was reproduced.
  public let experiment: DecodeTimes
  /// What the ring gets of its link.
  public let fit: HopFit
  /// The same from priors whose deviations are ``widening`` times as large.
  public let wider: HopFit
  /// Every length, shortest first.
  public let rows: [Row]

  /// How much wider the priors of ``wider`` are.
  public static let widening = 2.0

  /// The published difference of a row.
  public func published(_ row: Row) -> Seconds? {
    row.published?.difference(steps: experiment.steps, layers: experiment.layers)
  }

  /// The standard error of the published difference of a row.
  public func standardError(_ row: Row) -> Seconds? {
    row.published?.standardError(steps: experiment.steps, layers: experiment.layers)
  }

  /// Ring minus tree of all layers and steps.
  public func total(_ row: Row) -> Seconds { row.difference * Double(experiment.steps * experiment.layers) }

  /// How far each published row is off, in units of the goal.
  public var excesses: [Double] {
    rows.compactMap { row in
      published(row).map {
        experiment.goal.excess(row.difference.seconds, of: $0.seconds, standardError: standardError(row)?.seconds)
      }
    }
  }

  /// The bandwidth of the ring's link as the topology describes it.
  public var describedBandwidth: BytesPerSecond {
    let classes = experiment.topology.topology.graph.linkClasses.filter { experiment.links.contains($0.name) }
    return classes.map(\.payloadBandwidth).min() ?? .zero
  }
}
