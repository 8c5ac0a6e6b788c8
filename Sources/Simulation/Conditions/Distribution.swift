import RealModule
import Topologies

/// A distribution of numbers at or above zero, such as delays in seconds or extra shares of a time.
///
/// Samples are drawn by name, not from a stream: the same seed and keys give the same number whatever was drawn before,
/// so that a run does not depend on the order in which it asks.
public enum Distribution: Hashable, Sendable {
  /// Always the same value.
  case constant(Double)
  /// Equally likely from `low` to `high`.
  case uniform(low: Double, high: Double)
  /// Exponential, as the gaps between independent arrivals.
  case exponential(mean: Double)
  /// Normal; what falls below zero counts as zero.
  case normal(mean: Double, deviation: Double)
  /// Log-normal: the logarithm is normal about that of `median`, with deviation `sigma`. A heavy tail, as measured
  /// latencies of networks have.
  case logNormal(median: Double, sigma: Double)

  /// Whether every sample is the same.
  public var isConstant: Bool {
    switch self {
    case .constant: true
    case .uniform(let low, let high): low == high
    case .exponential(let mean): mean == 0
    case .normal(_, let deviation): deviation == 0
    case .logNormal(let median, let sigma): median == 0 || sigma == 0
    }
  }

  /// The sample that belongs to a seed and two keys; never below zero.
  public func sample(seed: UInt64, _ first: UInt64, _ second: UInt64) -> Double {
    let bits = SeededHash.mix(seed, first, second)
    switch self {
    case .constant(let value): return value
    case .uniform(let low, let high): return low + (high - low) * StandardNormal.unit(bits)
    case .exponential(let mean): return -mean * Double.log(1 - StandardNormal.unit(bits))
    case .normal(let mean, let deviation): return max(0, mean + deviation * Self.standardNormal(bits))
    case .logNormal(let median, let sigma): return median * Double.exp(sigma * Self.standardNormal(bits))
    }
  }

  private static func standardNormal(_ bits: UInt64) -> Double {
    StandardNormal(bits, SeededHash.mix(bits, 1, 2)).value
  }
}
