import Quantities

/// What one collective took.
public struct CollectiveMeasurement: Sendable {
  /// What a device's sensors showed.
  public struct Readings: Sendable {
    /// The device's number.
    public let device: Int
    /// From before the first sample to after the last.
    public let sensors: DeviceReadings
  }

  /// The collective.
  public let collective: Collective
  /// The type of elements.
  public let type: CollectiveType
  /// The size, by nccl-tests' conventions.
  public let bytes: Bytes
  /// The count that NCCL was called with.
  public let count: Int
  /// Whether source and target were the same memory.
  public let isInPlace: Bool
  /// The number of ranks.
  public let ranks: Int
  /// The collectives of a sample.
  public let runs: Int
  /// How they came to the devices.
  public let way: LaunchWay
  /// What chose the data.
  public let seed: UInt64
  /// Seconds of one collective.
  public let times: SampleStatistics
  /// Whether the median was known as well as was asked for.
  public let isPrecise: Bool
  /// What the sensors of this process's devices showed.
  public let readings: [Readings]

  /// nccl-tests' algorithm bandwidth, the size over the time, at the median; nil where no time passed.
  public var algorithmBandwidth: BytesPerSecond? {
    times.median > 0 ? BytesPerSecond(Double(bytes.count) / times.median) : nil
  }

  /// nccl-tests' bus bandwidth: what a rank's links carry each way (``Collective/busFactor(ranks:)``).
  public var busBandwidth: BytesPerSecond? {
    algorithmBandwidth.map { BytesPerSecond($0.bytesPerSecond * collective.busFactor(ranks: ranks)) }
  }

  /// How it was measured, in a canonical text.
  public var options: String {
    "bytes=\(bytes.count) count=\(count) type=\(type.rawValue) in-place=\(isInPlace) ranks=\(ranks) runs=\(runs) "
      + "way=\(way.rawValue) seed=\(seed)"
  }
}
