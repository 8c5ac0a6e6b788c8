import Quantities

/// The time of one collective as the calibrated model has it, and how much to trust it.
public struct CollectivePrediction: Hashable, Sendable {
  /// The call.
  public let call: CollectiveCall
  /// What is run, with NCCL's own time of it.
  public let choice: NCCLChoice
  /// Whether the choice is NCCL's, and not asked for.
  public let isNCCLsChoice: Bool
  /// The time.
  public let time: Seconds
  /// The lower end of the 80 % interval.
  public let low: Seconds
  /// The upper end of the 80 % interval.
  public let high: Seconds
  /// 2 where measured residuals say something of the call, otherwise 1: the fitted formulas alone.
  public let tier: Int
  /// What tier 2 multiplies the time of tier 1 by; 1 without it.
  public let residualFactor: Double
  /// The measurements that tier 2 is of; nil without it.
  public let source: String?
  /// Which interval it is.
  public let cell: CollectiveIntervals.Cell
  /// Tier 1's parts, in the order of the formulas.
  public let parts: [Part]
  /// Why the figure is extrapolated; empty where nothing lies outside what was measured.
  public let extrapolations: [String]

  /// A part of the time.
  public struct Part: Hashable, Sendable {
    /// What it goes on.
    public let name: String
    /// The time.
    public let time: Seconds
  }

  /// Whether anything lies outside what was measured.
  public var isExtrapolated: Bool { !extrapolations.isEmpty }
  /// Where the figure comes from.
  public var provenance: Provenance { .fitted }
  /// The bytes of the call over its time.
  public var algorithmBandwidth: BytesPerSecond { BytesPerSecond(call.bytes.baseUnits / time.seconds) }

  /// nccl-tests' bus bandwidth.
  public func busBandwidth(_ machine: CollectiveMachine) -> BytesPerSecond {
    BytesPerSecond(algorithmBandwidth.baseUnits * call.collective.busFactor(machine.gpus))
  }
}
