import Quantities

/// What a scenario made of a step: its replications beside the step without it. Every number in it is *simulated*.
public struct ScenarioOutcome: Sendable {
  /// The name of the scenario.
  public var name: String
  /// The step without the scenario, on the cluster as described.
  public var clean: StepFigures
  /// The step times of the replications.
  public var spread: Spread
  /// The replication whose figures the outcome has in full: that with the median time.
  public var replication: Int

  /// How much longer a step takes than without the scenario, as a ratio less one.
  public func cost(_ time: Seconds) -> Double {
    clean.makespan > .zero ? time / clean.makespan - 1 : 0
  }
}
