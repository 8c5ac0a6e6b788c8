import Quantities
import Simulation

/// Why a step takes the time that it takes: what it came to, and what better figures of the cluster would make of it.
///
///     let analysis = try StepAnalysis(of: experiment, .tree, betterBy: 0.1)
///     for row in analysis.sensitivities { print(row.knob, row.change) }
public struct StepAnalysis: Sendable {
  /// The step without its bottleneck.
  public struct Unlimited: Sendable {
    /// The resource with the largest share of the critical path.
    public var resource: CriticalPath.Resource
    /// What it took of the path.
    public var time: Seconds
    /// The step time when it costs nothing; less than any real improvement of it alone can reach. Nil for a condition of
    /// the run, which no figure of the cluster takes away, and where traffic beside the step would have no end.
    public var stepTime: Seconds?
    /// What takes most of the critical path then; nil when nothing is left.
    public var next: CriticalPath.Resource?
    /// What was chosen anew without it; nil when nothing was.
    public var newOptions: String?
  }

  /// What the algorithm came to.
  public let outcome: StepOutcome
  /// By which share the figures were made better.
  public let share: Double
  /// What each better figure would make of the step, in the order of ``Knob/all(of:first:)``.
  public let sensitivities: [Sensitivity]
  /// The step without its bottleneck; nil when nothing takes any time.
  public let unlimited: Unlimited?

  /// How many times a step is run for an analysis.
  public static func runCount(of experiment: StepExperiment) -> Int {
    Knob.all(of: experiment.topology, first: experiment.ranks).count + 2
  }

  /// Runs a step, and again for each better figure of its cluster.
  ///
  /// - Parameters:
  ///   - experiment: The step.
  ///   - choice: The algorithm.
  ///   - share: By which share each figure is made better, above 0 and below 1: 0.1 makes rates 10 % larger and times
  ///     10 % smaller.
  ///   - observe: Sees the run of the step as it is, which the analysis does not keep.
  ///   - didRun: Is called after each run.
  /// - Throws: What ``StepExperiment/run(_:observing:)`` throws.
  public init(
    of experiment: StepExperiment, _ choice: AlgorithmChoice, betterBy share: Double,
    observing observe: (SimulationRun) throws -> Void = { _ in }, didRun: () -> Void = {}
  ) throws {
    var use: KnobUse?
    let outcome = try experiment.run(choice) { run in
      use = KnobUse(of: run)
      try observe(run)
    }
    didRun()
    func rerun(_ knob: Knob, by factor: Double) throws -> StepOutcome {
      var changed = experiment
      changed.topology = knob.turned(experiment.topology, by: factor)
      // Of a better figure only the time is asked.
      changed.kernels?.replications = 1
      changed.collectives = nil
      defer { didRun() }
      return try changed.run(choice)
    }
    let path = outcome.figures.criticalPath
    let makespan = outcome.figures.makespan
    let ranks = choice == .single ? 1 : experiment.ranks
    sensitivities = try Knob.all(of: experiment.topology, first: ranks).map { knob in
      let factor = knob.factor(betterBy: share)
      let better = try rerun(knob, by: factor)
      let time = path.rankedResources.reduce(Seconds.zero) { knob.governs($1.resource) ? $0 + $1.time : $0 }
      var row = Sensitivity(
        knob: knob, factor: factor, share: makespan > .zero ? time / makespan : 0, before: makespan,
        after: better.figures.makespan, newOptions: better.options == outcome.options ? nil : better.options)
      if row.changesNothing { row.hidden = use?.reason(for: knob, share: row.share, of: makespan) }
      return row
    }
    unlimited = try path.rankedResources.first.map { first in
      guard let knob = Knob(first.resource) else {
        return Unlimited(resource: first.resource, time: first.time)
      }
      let without: StepOutcome
      do {
        without = try rerun(knob, by: knob.unlimited)
      } catch SimulationError.tooMuchBackground {
        // Traffic without a pause is without end on a link without limits.
        return Unlimited(resource: first.resource, time: first.time)
      }
      // What rates 2^30 times as large leave of it is not what binds next.
      let next = without.figures.criticalPath.rankedResources.first { !knob.governs($0.resource) }?.resource
      return Unlimited(
        resource: first.resource, time: first.time, stepTime: without.figures.makespan, next: next,
        newOptions: without.options == outcome.options ? nil : without.options)
    }
    self.outcome = outcome
    self.share = share
  }
}
