import Quantities

/// What the sensors of a device, or of several in turn, showed from before the first sample to after the last.
///
/// They are read between samples, never within one: the host asks NVML while the device is idle, and the next sample starts
/// when the answer is there. What a device tells of power is itself a mean over some time.
public struct DeviceReadings: Hashable, Sendable {
  /// The readings, in order; empty where there is no monitoring.
  public let all: [DeviceReading]
  /// What all of them took the host, outside of everything that is timed.
  public let cost: Seconds

  /// Creates readings.
  public init(_ all: [DeviceReading], cost: Seconds) {
    self.all = all
    self.cost = cost
  }

  /// Before the first sample.
  public var before: DeviceReading? { all.first }
  /// After the last.
  public var after: DeviceReading? { all.last }

  /// The least, the median and the most of a figure; nil where the device has no such sensor.
  public func range(_ figure: (DeviceReading) -> Int?) -> (least: Int, median: Int, most: Int)? {
    let found = all.compactMap(figure).sorted()
    guard let least = found.first, let most = found.last else { return nil }
    return (least, found[(found.count - 1) / 2], most)
  }

  /// Every reason for low clocks that any reading showed: NVML's bits.
  public var throttling: UInt64? {
    let masks = all.compactMap(\.throttling)
    return masks.isEmpty ? nil : masks.reduce(0, |)
  }

  /// How many readings showed clocks that power or heat held down.
  public var throttledCount: Int { all.count { $0.isThrottled } }

  /// The reasons that spoil measurements, of all readings, in words.
  public var throttlingReasons: [String] {
    var reasons: [String] = []
    for reading in all where reading.isThrottled {
      for reason in reading.throttlingReasons where !reasons.contains(reason) { reasons.append(reason) }
    }
    return reasons
  }
}

/// Reads the sensors now and then while samples are taken.
///
/// When is decided by what the device was busy for, not by the host's clock: the same samples give the same readings.
struct SensorWatch {
  /// A reading follows the sample that fills so much time of the device, ...
  static let interval = 5e-3
  /// ... or so many samples.
  static let most = 32

  private let sessions: [DeviceSession]
  private var readings: [DeviceReading] = []
  private var cost = Duration.zero
  private var busy = 0.0
  private var samples = 0

  /// Takes the first reading, of every device.
  init(_ sessions: DeviceSession...) { self.init(sessions) }

  /// Takes the first reading, of every device.
  init(_ sessions: [DeviceSession]) {
    self.sessions = sessions
    read()
  }

  /// Sees a sample that the device took so many seconds for.
  mutating func see(_ seconds: Double) {
    busy += seconds
    samples += 1
    if busy >= Self.interval || samples >= Self.most { read() }
  }

  /// Takes the last reading.
  mutating func finish() -> DeviceReadings {
    if samples > 0 { read() }
    let (seconds, rest) = cost.components
    return DeviceReadings(readings, cost: Seconds(Double(seconds) + Double(rest) * 1e-18))
  }

  private mutating func read() {
    (busy, samples) = (0, 0)
    cost += ContinuousClock().measure { readings += sessions.compactMap { $0.reading() } }
  }
}
