import KernelModels
import Quantities

/// What a calibrated kernel model made of a step.
public struct KernelTimingOutcome: Sendable {
  /// One kernel of the step.
  public struct Kernel: Hashable, Sendable {
    /// The device profile that it runs on.
    public var device: String
    /// Its shape.
    public var shape: AttentionKernel
    /// What the model says of it.
    public var prediction: KernelPrediction

    /// Such as `decode of 40000 tokens on h100-sxm`.
    public var label: String { "\(shape.phase.rawValue) of \(shape.contextTokens) tokens on \(device)" }
  }

  /// The name of the model.
  public var model: String
  /// The software whose kernels run.
  public var software: KernelSoftware
  /// The kernels of the step, the slowest first.
  public var kernels: [Kernel]
  /// The step times of the replications, each with kernel times drawn from their intervals; nil where a scenario draws them
  /// together with its own conditions.
  public var spread: Spread?
  /// Chooses which replication draws what.
  public var seed: UInt64
  /// Why the whole step is extrapolated, whatever its kernels.
  var reasons: [String] = []

  /// The ends of the 80 % interval of the step time: the 10th and the 90th percentile of the replications.
  public var interval: (low: Seconds, high: Seconds)? { spread.map { ($0.percentile(10), $0.percentile(90)) } }

  /// Why the step is extrapolated: what of its kernels lies outside the measured shapes and devices; empty where nothing does.
  public var extrapolations: [String] {
    var seen = reasons
    for reason in kernels.flatMap(\.prediction.extrapolations) where !seen.contains(reason) { seen.append(reason) }
    return seen
  }
}
