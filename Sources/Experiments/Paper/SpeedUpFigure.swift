import Attention
import Programs
import Quantities
import Scenarios
import Workloads

/// How many times as fast as a ring a tree is, on more and more ranks with longer and longer contexts, and what fixed cost
/// in both the published factor would imply.
public struct SpeedUpFigure: Sendable {
  /// A published factor.
  public struct Published: Hashable, Sendable {
    /// The number of ranks.
    public var ranks: Int
    /// The tokens of the context.
    public var tokens: Int
    /// How many times as fast.
    public var times: Double
    /// Where it stands.
    public var source: String
  }

  /// The cluster.
  public let topology: ResolvedTopology
  /// The model, of which one layer is timed.
  public let model: ResolvedModel
  /// The numbers of ranks.
  public let ranks: [Int]
  /// The tokens.
  public let tokens: [Int]
  /// What was published.
  public let published: [Published]
  /// The experiment that fits what the published code's ring gets of its link.
  public let fitted: DecodeTimes
  /// The name of that experiment.
  public let fittedName: String
  /// The link classes that get the fitted bandwidth.
  public let bandwidthLinks: [String]
  /// The link classes that get the fitted overhead.
  public let overheadLinks: [String]
  /// Ways that bytes between nodes could take and don't.
  public let ways: ParallelWays

  func experiment(_ topology: ResolvedTopology, _ ranks: Int, _ tokens: Int, published: Bool) -> StepExperiment {
    let shape = model.model.attention
    return StepExperiment(
      topology: topology.topology,
      workload: published
        ? PublishedCode.workload(shape, tokens: tokens)
        : AttentionWorkload(shape: shape, batch: 1, tokens: tokens, type: .bf16),
      layers: model.model.layers, ranks: ranks, options: published ? PublishedCode.options : StepOptions())
  }

  /// Simulates every cell.
  func run(on parallel: Parallel) throws -> SpeedUpOutcome {
    let fit = try fitted.fit(fitted.rows())
    let machine = try PublishedCode.ring(
      on: topology, overhead: fit.overhead, bandwidth: fit.bandwidth, overheadLinks: overheadLinks,
      bandwidthLinks: bandwidthLinks)
    let grid = Set(ranks.flatMap { ranks in tokens.map { [ranks, $0] } } + published.map { [$0.ranks, $0.tokens] })
      .sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
    // The largest first: the last to end should be short.
    let simulated = try parallel.map(grid.count) { index in
      let (ranks, tokens) = (grid[grid.count - 1 - index][0], grid[grid.count - 1 - index][1])
      let code = experiment(topology, ranks, tokens, published: true)
      let own = experiment(topology, ranks, tokens, published: false)
      let ring = try own.run(.ring)
      return SpeedUpOutcome.Cell(
        ranks: ranks, tokens: tokens, tree: try own.run(.tree).figures.makespan, ring: ring.figures.makespan,
        ringByFormula: ring.closedForm.time, ringLeast: leastTime(ring),
        publishedTree: try code.run(.tree).figures.makespan
          + LayerSynchronisation(topology: topology.topology, ranks: ranks).time(code.workload),
        publishedRing: try experiment(machine, ranks, tokens, published: true).run(.ring).figures.makespan)
    }
    return SpeedUpOutcome(
      figure: self, cells: simulated.reversed(), claims: try published.map { try claim($0, simulated) },
      mostPerLayer: fitted.mostPerLayer)
  }

  /// What the busiest link needs for its bytes alone.
  private func leastTime(_ ring: StepOutcome) -> Seconds {
    guard let link = ring.figures.busiestLink else { return .zero }
    return ring.figures.makespan * link.utilization
  }

  private func claim(_ published: Published, _ cells: [SpeedUpOutcome.Cell]) throws -> SpeedUpOutcome.Claim? {
    guard let cell = cells.first(where: { $0.ranks == published.ranks && $0.tokens == published.tokens }) else {
      return nil
    }
    let fixed = cell.fixedCost(for: published.times)
    var delayed = experiment(topology, cell.ranks, cell.tokens, published: false)
    if fixed > .zero {
      delayed.scenario = try Scenario(option: .delay, "rank=all:\(fixed.seconds) s")
    }
    let wide = experiment(try ways.widened(topology), cell.ranks, cell.tokens, published: false)
    return SpeedUpOutcome.Claim(
      published: published, cell: cell, fixedCost: fixed,
      delayedTree: try delayed.run(.tree).figures.makespan, delayedRing: try delayed.run(.ring).figures.makespan,
      manyRings: try wide.run(.ring).figures.makespan)
  }
}
