import CollectiveModels
import Quantities

/// A step with its exchanges as NCCL runs them, by a calibrated model of collectives.
public struct CollectiveTimingOutcome: Sendable {
  /// The name of the model.
  public var model: String
  /// The exchanges of the step, each once, in the order of the step.
  public var exchanges: [CollectivePrediction]
  /// How often the step makes each of them.
  public var counts: [Int]
  /// The step's closed form with their times.
  public var time: Seconds
  /// The same for each replication, with the times of exchanges, and of kernels where a model times these too, drawn from
  /// their intervals; nil for one replication.
  public var spread: Spread?

  /// The ends of the 80 % interval: the 10th and the 90th percentile of the replications.
  public var interval: (low: Seconds, high: Seconds)? { spread.map { ($0.percentile(10), $0.percentile(90)) } }

  /// The time of all exchanges, one after the other.
  public var exchangeTime: Seconds {
    zip(exchanges, counts).reduce(Seconds.zero) { $0 + $1.0.time * Double($1.1) }
  }

  /// Why the step is extrapolated: what of its exchanges lies outside what was measured; empty where nothing does.
  public var extrapolations: [String] {
    var seen: [String] = []
    for reason in exchanges.flatMap(\.extrapolations) where !seen.contains(reason) { seen.append(reason) }
    return seen
  }
}
