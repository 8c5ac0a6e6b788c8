import Quantities

/// The parts of a kernel's time, which say why it takes as long as it does.
public struct KernelTerms: Hashable, Sendable {
  /// The time by tier 1, the physical model.
  public let total: Seconds
  /// Launches, and what else is there before any work.
  public let floor: Seconds
  /// The work of all CTAs, shared among the multiprocessors.
  public let throughput: Seconds
  /// The longest chain of work that waits for itself: a CTA's tokens or tiles, times the waves.
  public let chain: Seconds
  /// The traffic with the memory and L2.
  public let memory: Seconds

  /// What bounds the kernel.
  public var regime: KernelRegime {
    let share = floor / total
    if share > 0.75 { return .floor }
    if share > 0.4 { return .mostlyFloor }
    if throughput >= chain, throughput >= memory { return .throughput }
    return chain >= memory ? .chain : .memory
  }
}
