import Experiments
import Quantities
import ResultStore

/// One algorithm of a stored run, run again: what was stored of it beside what it came to now.
public struct Rerun: Sendable {
  /// What was stored.
  public let stored: ResultRecord
  /// The step as it came to now, and with better figures.
  public let analysis: StepAnalysis

  /// The stretches of its critical path.
  let path: [PathStep]
  /// How busy its links were.
  let links: LinkUtilization

  /// Runs an algorithm of a stored run again.
  ///
  /// - Parameters:
  ///   - stored: What was stored.
  ///   - choice: The algorithm.
  ///   - experiment: The step.
  ///   - share: By which share figures are made better; see ``StepAnalysis``.
  ///   - bins: The number of stretches of time in which links are looked at.
  ///   - didRun: Is called after each run.
  /// - Throws: What ``StepExperiment/run(_:observing:)`` throws.
  public init(
    of stored: ResultRecord, by choice: AlgorithmChoice, _ experiment: StepExperiment, betterBy share: Double,
    bins: Int, didRun: () -> Void = {}
  ) throws {
    var path: [PathStep] = []
    var links = LinkUtilization()
    self.stored = stored
    analysis = try StepAnalysis(
      of: experiment, choice, betterBy: share,
      observing: { run in
        path = PathStep.steps(of: run.criticalPath(), in: run)
        links = LinkUtilization(of: run, bins: bins)
      }, didRun: didRun)
    self.path = path
    self.links = links
  }

  /// The step time that was stored; nil when there is none.
  var storedTime: Seconds? {
    let metric = stored.metrics.first {
      $0.name == MetricRecord.stepTimeName && $0.scope.isEmpty && $0.provenance == .simulated
    }
    return metric.map { Seconds($0.value.real) }
  }

  /// The step time now.
  var time: Seconds { analysis.outcome.figures.makespan }

  /// Whether it is the stored one to the bit.
  var isEqual: Bool { storedTime == time }

  /// Whether what was explained is what was stored.
  func verdict(storedVersion: String) -> String {
    guard let before = storedTime else { return "The run stored no step time to compare this with." }
    let options =
      stored.options == analysis.outcome.options
      ? "" : " Its options were '\(stored.options)', and are now '\(analysis.outcome.options)'."
    guard !isEqual else { return "Run again from the stored inputs: the same step time to the bit.\(options)" }
    let change = before > .zero ? time / before - 1 : 0
    return "DIFFERS from what is stored: run again from the stored inputs, the step takes \(time), and the run, stored "
      + "by treeline \(storedVersion), says \(before): \(Percent.change(change)). Explained is the step as this version "
      + "has it.\(options)"
  }
}
