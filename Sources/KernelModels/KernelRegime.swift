/// What bounds a kernel: cells of the intervals are told apart by it.
public enum KernelRegime: String, Sendable, Hashable, CaseIterable {
  /// The floor is over 75 % of the time.
  case floor
  /// The floor is 40 to 75 % of the time.
  case mostlyFloor = "mostly floor"
  /// The multiprocessors' throughput.
  case throughput = "SM throughput"
  /// The latency chain of one CTA.
  case chain = "latency chain"
  /// The memory or L2.
  case memory

  /// The number that stands for the regime in keys of tables.
  var number: Int {
    switch self {
    case .floor: 0
    case .mostlyFloor: 1
    case .throughput: 2
    case .chain: 3
    case .memory: 4
    }
  }
}
