import CUDABackend

/// What the sensors of one device showed before and after a measurement, as JSON.
struct ReadingsDocument: Encodable {
  /// At one moment.
  struct Moment: Encodable {
    let clockMHz: Int?
    let memoryClockMHz: Int?
    let milliwatts: Int?
    let celsius: Int?
    let throttling: [String]

    init(_ reading: DeviceReading) {
      (clockMHz, memoryClockMHz) = (reading.clock, reading.memoryClock)
      (milliwatts, celsius) = (reading.milliwatts, reading.temperature)
      throttling = reading.throttlingReasons
    }
  }

  let device: Int
  let before: Moment?
  let after: Moment?

  init(_ readings: CollectiveMeasurement.Readings) {
    device = readings.device
    before = readings.before.map(Moment.init)
    after = readings.after.map(Moment.init)
  }

  /// A sentence on clocks that were held down; nil where none were.
  static func throttlingNote(_ all: [[CollectiveMeasurement.Readings]]) -> String? {
    func moments(_ readings: [CollectiveMeasurement.Readings]) -> [DeviceReading] {
      readings.flatMap { [$0.before, $0.after].compactMap { $0 } }
    }
    let throttled = all.map(moments).filter { $0.contains { $0.isThrottled } }
    guard !throttled.isEmpty else { return nil }
    let reasons = Set(throttled.flatMap { $0.flatMap(\.throttlingReasons) })
    return "Clocks were held down (\(reasons.sorted().joined(separator: ", "))) in \(throttled.count) of \(all.count) "
      + "measurements: they tell of slower devices than these can be."
  }
}
