import Quantities

/// What one kernel took.
public struct KernelMeasurement: Sendable {
  /// What was measured, such as `read 64 MiB`.
  public let label: String
  /// The kernel that does most of it.
  public let kernel: String
  /// Sizes, and how it was measured, in a canonical text.
  public let options: String
  /// How much is done each time.
  public let work: PreparedKernel.Work?
  /// Seconds.
  public let times: SampleStatistics
  /// Whether the median was known as well as was asked for.
  public let isPrecise: Bool
  /// The largest error against the CPU, as a share of its bound.
  public let excess: Double
  /// What the sensors showed, from before the first sample to after the last.
  public let readings: DeviceReadings

  /// Bytes or operations a second at the median; nil where nothing is done or no time passed.
  public var rate: Double? {
    guard let work, times.median > 0 else { return nil }
    switch work {
    case .bytes(let bytes): return Double(bytes) / times.median
    case .flops(let flops): return flops / times.median
    }
  }
}
