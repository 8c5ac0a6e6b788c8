import CUDABackend
import Quantities

/// What kernels took on a device, for a terminal and as JSON.
public struct KernelMeasurementReport: Sendable {
  struct Reading: Encodable {
    let clockMHz: Int?
    let memoryClockMHz: Int?
    let milliwatts: Int?
    let celsius: Int?
    let throttling: [String]

    init?(_ reading: DeviceReading?) {
      guard let reading else { return nil }
      (clockMHz, memoryClockMHz) = (reading.clock, reading.memoryClock)
      (milliwatts, celsius) = (reading.milliwatts, reading.temperature)
      throttling = reading.throttlingReasons
    }
  }

  struct Readings: Encodable {
    let count: Int
    let throttledCount: Int
    let throttling: [String]
    let clockMHz: ReadingsDocument.Range?
    let milliwatts: ReadingsDocument.Range?
    let celsius: ReadingsDocument.Range?
    let hostSeconds: Double

    init(_ readings: DeviceReadings) {
      count = readings.all.count
      throttledCount = readings.throttledCount
      throttling = readings.throttlingReasons
      clockMHz = ReadingsDocument.Range(readings.range(\.clock))
      milliwatts = ReadingsDocument.Range(readings.range(\.milliwatts))
      celsius = ReadingsDocument.Range(readings.range(\.temperature))
      hostSeconds = readings.cost.seconds
    }
  }

  struct Entry: Encodable {
    let label: String
    let kernel: String
    let options: String
    let provenance: String
    let median: Double
    let p5: Double
    let p95: Double
    let medianLow: Double?
    let medianHigh: Double?
    let isPrecise: Bool
    let rate: Double?
    let rateUnit: String?
    let largestErrorOfBound: Double
    let before: Reading?
    let after: Reading?
    let readings: Readings
    let samples: [Double]
  }

  private struct Document: Encodable {
    let number: Int64?
    let machine: [String]
    let measurements: [Entry]
  }

  private let machine: [String]
  private let measurements: [KernelMeasurement]
  private let isEmulation: Bool
  private let about: String

  /// What the times of kernels are.
  public static let ofKernels =
    "Times are in microseconds on the device, by events: a kernel's is that of a CUDA graph, so that launches from the "
    + "host stay out."

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: What was measured on, a line each.
  ///   - measurements: What was found.
  ///   - isEmulation: Whether it was found on the tests' emulation.
  ///   - about: What the times are, in a sentence.
  public init(machine: [String], measurements: [KernelMeasurement], isEmulation: Bool, about: String = ofKernels) {
    self.about = about
    self.machine = machine
    self.measurements = measurements
    self.isEmulation = isEmulation
  }

  /// The unit of a measurement's rate; nil where it has none.
  public static func unit(_ measurement: KernelMeasurement) -> String? {
    switch measurement.work {
    case .bytes: "B/s"
    case .flops: "FLOP/s"
    case nil: nil
    }
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(columns: [
      isEmulation ? "EMULATED" : "measured", "median", "p5", "p95", "±", "n", "rate", "error",
    ])
    for one in measurements {
      let times = one.times
      table.add(
        [
          one.label, MeasuredFigures.microseconds(times.median), MeasuredFigures.microseconds(times.low),
          MeasuredFigures.microseconds(times.high), MeasuredFigures.spread(times, isPrecise: one.isPrecise),
          "\(times.samples.count)",
          one.rate.map { NumberText.format($0 / 1e9, significantDigits: 3) + " G" + (Self.unit(one) ?? "") } ?? "",
          NumberText.format(one.excess, decimals: 2),
        ])
    }
    var notes = [
      """
      \(about) ± is half of the interval that holds the median with 95 %, by order statistics; ! marks one of which the whole \
      stayed wider than asked for, ? one of too few samples to tell. The error is the largest against the CPU, as a share of what rounding explains.
      """
    ]
    if let sentence = Self.sensors(measurements.map(\.readings)) { notes.append(sentence) }
    let throttled = measurements.filter { $0.readings.throttledCount > 0 }
    if !throttled.isEmpty {
      let reasons = Set(throttled.flatMap(\.readings.throttlingReasons))
      notes.append(
        "Clocks were held down (\(reasons.sorted().joined(separator: ", "))) in \(throttled.count) of "
          + "\(measurements.count) measurements: they tell of a slower device than this can be.")
    }
    if isEmulation { notes.append(MeasuredFigures.emulated) }
    return machine.flatMap { TextTable.wrap(PrintableText.line($0), TextTable.widest) } + [""] + table.lines
      + notes.flatMap { TextTable.wrap($0, TextTable.widest) }
  }

  /// What the sensors showed throughout, in a sentence; nil where there was no monitoring.
  static func sensors(_ measurements: [DeviceReadings]) -> String? {
    let all = DeviceReadings(
      measurements.flatMap(\.all), cost: Seconds(measurements.reduce(0) { $0 + $1.cost.seconds }))
    guard !all.all.isEmpty else { return nil }
    func text(_ range: (least: Int, median: Int, most: Int)?, _ unit: String, per divisor: Double = 1) -> String? {
      guard let range else { return nil }
      let ends = [range.least, range.most].map { NumberText.format(Double($0) / divisor, decimals: 0) }
      return (ends[0] == ends[1] ? ends[0] : ends.joined(separator: " to ")) + " " + unit
    }
    let figures = [
      text(all.range(\.clock), "MHz"), text(all.range(\.milliwatts), "W", per: 1000),
      text(all.range(\.temperature), "°C"),
    ].compactMap { $0 }
    let each = NumberText.format(all.cost.seconds / Double(all.all.count) * 1e6, significantDigits: 2)
    return "Sensors showed \(figures.joined(separator: ", ")) in \(all.all.count) readings between samples, each of "
      + "which took the host \(each) us outside of what is timed."
  }

  /// The report as JSON.
  ///
  /// - Parameter number: The number of the stored run.
  public func json(number: Int64?) throws -> String {
    try JSONText.encode(
      Document(
        number: number, machine: machine,
        measurements: entries))
  }

  /// The measurements as JSON has them.
  var entries: [Entry] {
    measurements.map { one in
      Entry(
        label: one.label, kernel: one.kernel, options: one.options,
        provenance: DeviceReport.provenance(isEmulation: isEmulation).rawValue, median: one.times.median,
        p5: one.times.low, p95: one.times.high, medianLow: one.times.medianInterval?.lowerBound,
        medianHigh: one.times.medianInterval?.upperBound, isPrecise: one.isPrecise, rate: one.rate,
        rateUnit: Self.unit(one), largestErrorOfBound: one.excess, before: Reading(one.readings.before),
        after: Reading(one.readings.after), readings: Readings(one.readings), samples: one.times.samples)
    }
  }
}
