import CUDABackend

/// What the sensors of one device showed throughout a measurement, as JSON.
struct ReadingsDocument: Encodable {
  /// The least, the median and the most of a figure.
  struct Range: Encodable {
    let least: Int
    let median: Int
    let most: Int

    init?(_ range: (least: Int, median: Int, most: Int)?) {
      guard let range else { return nil }
      (least, median, most) = range
    }
  }

  let device: Int
  let count: Int
  let throttledCount: Int
  let throttling: [String]
  let clockMHz: Range?
  let memoryClockMHz: Range?
  let milliwatts: Range?
  let celsius: Range?

  init(_ readings: CollectiveMeasurement.Readings) {
    let sensors = readings.sensors
    device = readings.device
    count = sensors.all.count
    throttledCount = sensors.throttledCount
    throttling = sensors.throttlingReasons
    clockMHz = Range(sensors.range(\.clock))
    memoryClockMHz = Range(sensors.range(\.memoryClock))
    milliwatts = Range(sensors.range(\.milliwatts))
    celsius = Range(sensors.range(\.temperature))
  }

  /// A sentence on clocks that were held down; nil where none were.
  static func throttlingNote(_ all: [[CollectiveMeasurement.Readings]]) -> String? {
    let throttled = all.filter { $0.contains { $0.sensors.throttledCount > 0 } }
    guard !throttled.isEmpty else { return nil }
    let reasons = Set(throttled.flatMap { $0.flatMap(\.sensors.throttlingReasons) })
    return "Clocks were held down (\(reasons.sorted().joined(separator: ", "))) in \(throttled.count) of \(all.count) "
      + "measurements: they tell of slower devices than these can be."
  }
}
