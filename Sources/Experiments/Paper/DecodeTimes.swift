import Attention
import Collectives
import Programs
import Quantities
import Workloads

/// Times of decoding with a whole model, published for a few lengths: of both algorithms' difference a layer and step is
/// simulated as the published code does it, with what its ring gets of the link fitted to the rows, for any length.
public struct DecodeTimes: Sendable {
  /// The cluster as described.
  public let topology: ResolvedTopology
  /// The number of ranks.
  public let ranks: Int
  /// The model.
  public let model: ResolvedModel
  /// The decode steps in each time.
  public let steps: Int
  /// The link classes that the ring's hops take.
  public let links: [String]
  /// What is believed of a hop's overhead before the fit.
  public let overhead: ParameterPrior
  /// What is believed of its bandwidth before the fit.
  public let bandwidth: ParameterPrior
  /// Ways that the bytes of a hop could take and don't; nil where there is one.
  public let ways: ParallelWays?
  /// The published rows.
  public let published: [PublishedTimes]
  /// The lengths to predict.
  public let predicted: [Int]
  /// How near the differences should be.
  public let goal: ReproductionGoal

  /// The number of hops of the ring.
  public var hops: Int { PublishedCode.options.hops.count(ranks: ranks) }
  /// The number of layers.
  public var layers: Int { model.model.layers }

  /// The bytes of a hop: the share of the rank with the most tokens.
  public func hopBytes(tokens: Int) -> Bytes {
    let workload = PublishedCode.workload(model.model.attention, tokens: tokens)
    return workload.cacheBytes(tokens: workload.shard(ofRank: 0, of: ranks))
  }

  /// The most that one layer of one step can have taken in the published tree: its least time, prefill included, over
  /// steps and layers.
  public var mostPerLayer: Seconds {
    let least = published.map(\.tree.value).min() ?? .zero
    return least * (1 / Double(steps * layers))
  }

  func experiment(
    _ topology: ResolvedTopology, tokens: Int, expanded: Bool = true
  ) -> StepExperiment {
    StepExperiment(
      topology: topology.topology,
      workload: PublishedCode.workload(model.model.attention, tokens: tokens, expanded: expanded), layers: layers,
      ranks: ranks, options: PublishedCode.options)
  }

  private func machine(_ overhead: Seconds, _ bandwidth: BytesPerSecond) throws -> ResolvedTopology {
    try PublishedCode.ring(
      on: topology, overhead: overhead, bandwidth: bandwidth, overheadLinks: links, bandwidthLinks: links)
  }

  /// The published tree's step of a layer, with its broadcast and its barrier.
  private func tree(tokens: Int, expanded: Bool = true) throws -> (step: Seconds, around: Seconds) {
    let experiment = experiment(topology, tokens: tokens, expanded: expanded)
    let around = try LayerSynchronisation(topology: topology.topology, ranks: ranks).time(experiment.workload)
    return (try experiment.run(.tree).figures.makespan, around)
  }

  /// The published rows as the fit takes them.
  func rows() throws -> [HopFit.Row] {
    let (overhead, bandwidth) = (Seconds(overhead.median), BytesPerSecond(bandwidth.median))
    let machine = try self.machine(overhead, bandwidth)
    return try published.map { row in
      let bytes = hopBytes(tokens: row.tokens)
      let ring = try experiment(machine, tokens: row.tokens).run(.ring).figures.makespan
      let tree = try self.tree(tokens: row.tokens)
      return HopFit.Row(
        hops: hops, hopBytes: bytes,
        base: ring - tree.step - tree.around - (overhead + bytes / bandwidth) * Double(hops),
        difference: row.difference(steps: steps, layers: layers),
        standardError: row.standardError(steps: steps, layers: layers))
    }
  }

  /// Fits the hop's overhead and bandwidth to the published rows.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - widening: By what the deviations of the priors are multiplied.
  func fit(_ rows: [HopFit.Row], widening: Double = 1) throws -> HopFit {
    var (overhead, bandwidth) = (overhead, bandwidth)
    overhead.sigma *= widening
    bandwidth.sigma *= widening
    return try HopFit(rows, overhead: overhead, bandwidth: bandwidth)
  }

  /// Fits, and simulates every length.
  ///
  /// - Throws: ``HopFitError``, or what a simulation throws.
  func run(on parallel: Parallel) throws -> DecodeTimesOutcome {
    let rows = try rows()
    let fit = try fit(rows)
    let wider = try self.fit(rows, widening: DecodeTimesOutcome.widening)
    let fitted = try machine(fit.overhead, fit.bandwidth)
    let wide = try ways?.widened(fitted)
    let lengths = Set(published.map(\.tokens) + predicted).sorted()
    let results = try parallel.map(lengths.count) { index in
      let tokens = lengths[index]
      let bytes = hopBytes(tokens: tokens)
      let tree = try self.tree(tokens: tokens)
      let narrowTree = try self.tree(tokens: tokens, expanded: false)
      let ring = try experiment(fitted, tokens: tokens).run(.ring).figures.makespan
      let least = tree.step + tree.around
      func difference(_ ring: Seconds) -> Seconds { ring - least }
      var own = experiment(topology, tokens: tokens)
      own.workload = AttentionWorkload(shape: model.model.attention, batch: 1, tokens: tokens, type: .bf16)
      own.options = StepOptions()
      let place = published.firstIndex { $0.tokens == tokens }
      let leftOut = try place.map { place in
        let others = try self.fit(rows.indices.filter { $0 != place }.map { rows[$0] })
        return others.difference(hops: hops, hopBytes: bytes, base: rows[place].base)
      }
      let hopsAlone = fit.difference(hops: hops, hopBytes: bytes, base: .zero)
      return DecodeTimesOutcome.Row(
        tokens: tokens, hopBytes: bytes, published: place.map { published[$0] }, ring: ring, tree: tree.step,
        synchronisation: tree.around, difference: difference(ring),
        deviation: fit.deviation(hops: hops, hopBytes: bytes),
        hopsAlone: hopsAlone, leftOut: leftOut,
        // What is no hop is the same under any fit.
        widerPriors: wider.difference(hops: hops, hopBytes: bytes, base: difference(ring) - hopsAlone),
        asDescribed: difference(try experiment(topology, tokens: tokens).run(.ring).figures.makespan),
        keyValueHeads: try experiment(fitted, tokens: tokens, expanded: false).run(.ring).figures.makespan
          - narrowTree.step - narrowTree.around,
        allWays: try wide.map { difference(try experiment($0, tokens: tokens).run(.ring).figures.makespan) },
        byDefault: try own.run(.ring).figures.makespan - own.run(.tree).figures.makespan)
    }
    return DecodeTimesOutcome(experiment: self, fit: fit, wider: wider, rows: results)
  }
}
