import Quantities

/// The time of one kernel as the calibrated model has it, and how much to trust it.
public struct KernelPrediction: Hashable, Sendable {
  /// The time.
  public let time: Seconds
  /// The lower end of the 80 % interval.
  public let low: Seconds
  /// The upper end of the 80 % interval.
  public let high: Seconds
  /// 2 where the tables of residuals say something of the shape, otherwise 1: the physics alone.
  public let tier: Int
  /// What tier 2 multiplies the time of tier 1 by; 1 without it.
  public let residualFactor: Double
  /// The kernel.
  public let family: KernelFamily
  /// The CTAs of one split.
  public let ctas: Int
  /// The splits of KV.
  public let splits: Int
  /// Tier 1's parts.
  public let terms: KernelTerms
  /// Where the parameters come from: `A100 VLLM FA2`.
  public let source: String
  /// Why the figure is extrapolated: what lies outside the measured shapes and devices; empty where nothing does.
  public let extrapolations: [String]

  /// Whether anything lies outside the measured shapes and devices.
  public var isExtrapolated: Bool { !extrapolations.isEmpty }
  /// Where the figure comes from.
  public var provenance: Provenance { .fitted }
}
