import Quantities

/// What copies of one size over one route took.
public struct LinkMeasurement: Sendable {
  /// How the copies came to the device.
  public enum Way: String, Sendable {
    /// In one CUDA graph a direction, so that what a copy costs the host stays out.
    case graph
    /// Call by call, where copies go through the host's memory.
    case calls
  }

  /// The route.
  public let route: LinkRoute
  /// The bytes of one copy.
  public let bytes: Bytes
  /// Whether a device reaches the other's memory itself; true for copies of the host's.
  public let isDirect: Bool
  /// How the copies came to the device.
  public let way: Way
  /// The copies of a sample, each way.
  public let runs: Int
  /// What chose the data.
  public let seed: UInt64
  /// Seconds of one copy; of a copy each way where both ways run at once.
  public let times: SampleStatistics
  /// Whether the median was known as well as was asked for.
  public let isPrecise: Bool
  /// What the sensors of the devices showed.
  public let readings: [CollectiveMeasurement.Readings]

  /// Bytes a second at the median, both ways together where both run; nil where no time passed.
  public var bandwidth: BytesPerSecond? {
    times.median > 0 ? BytesPerSecond(Double(bytes.count * Int64(route.copies)) / times.median) : nil
  }

  /// How it was measured, in a canonical text.
  public var options: String {
    "bytes=\(bytes.count) direct=\(isDirect) way=\(way.rawValue) runs=\(runs) seed=\(seed)"
  }
}
