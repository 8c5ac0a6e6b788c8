import CUDABackend
import Quantities

/// What copies between memories took, for a terminal and as JSON.
public struct LinkMeasurementReport: Sendable {
  private struct Entry: Encodable {
    let route: String
    let kind: String
    let bytes: Int64
    let isDirect: Bool
    let way: String
    let runs: Int
    let provenance: String
    let median: Double
    let p5: Double
    let p95: Double
    let medianLow: Double?
    let medianHigh: Double?
    let isPrecise: Bool
    let bandwidth: Double?
    let readings: [ReadingsDocument]
    let samples: [Double]
  }

  private struct Document: Encodable {
    let number: Int64?
    let machine: [String]
    let measurements: [Entry]
  }

  private let machine: [String]
  private let devices: [Int]
  private let measurements: [LinkMeasurement]
  private let isEmulation: Bool

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: What was measured on, a line each.
  ///   - devices: The devices' numbers.
  ///   - measurements: What was found.
  ///   - isEmulation: Whether it was found on the tests' emulation.
  public init(machine: [String], devices: [Int], measurements: [LinkMeasurement], isEmulation: Bool) {
    self.machine = machine
    self.devices = devices
    self.measurements = measurements
    self.isEmulation = isEmulation
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    let label = isEmulation ? "EMULATED" : "measured"
    let sizes = measurements.map(\.bytes)
    guard let smallest = sizes.min(), let largest = sizes.max() else { return machine }
    func find(_ route: LinkRoute, _ size: Bytes) -> LinkMeasurement? {
      measurements.first { $0.route == route && $0.bytes == size }
    }
    func rate(_ route: LinkRoute) -> String { MeasuredFigures.gigabytes(find(route, largest)?.bandwidth) }
    var lines = machine.flatMap { TextTable.wrap(PrintableText.line($0), TextTable.widest) }
    func add(_ title: String, _ columns: [String], _ rows: [[String]]) {
      var table = TextTable(columns: columns)
      for row in rows { table.add(row) }
      lines += [""] + TextTable.wrap("\(label): \(title)", TextTable.widest) + table.lines
    }
    add(
      "copies of \(largest) between the host's pinned memory and each device, GB/s; and the time of \(smallest), µs",
      ["", "to it", "from it", "to it, µs", "from it, µs"],
      devices.map { device in
        ["GPU\(device)", rate(.toDevice(device)), rate(.fromDevice(device))]
          + [LinkRoute.toDevice(device), .fromDevice(device)].map { route in
            find(route, smallest).map { MeasuredFigures.microseconds($0.times.median) } ?? ""
          }
      })
    if devices.count > 1 {
      let columns = ["from \\ to"] + devices.map { "GPU\($0)" }
      func matrix(_ cell: (Int, Int) -> String) -> [[String]] {
        devices.map { from in ["GPU\(from)"] + devices.map { from == $0 ? "X" : cell(from, $0) } }
      }
      add("copies of \(largest), one way, GB/s", columns, matrix { rate(.oneWay(from: $0, to: $1)) })
      add(
        "copies of \(largest), both ways at once, GB/s of both together", columns,
        matrix { rate(.bothWays(min($0, $1), max($0, $1))) })
      add(
        "the time of a copy of \(smallest), µs", columns,
        matrix { from, to in
          find(.oneWay(from: from, to: to), smallest).map { MeasuredFigures.microseconds($0.times.median) } ?? ""
        })
    }
    var notes = [
      """
      Figures are medians, by events on the devices: a sample is 20 copies one after another, fewer above 3.2 MiB. GB/s are \
      of 10^9 bytes. All data arrived right, before and after; every size and all samples are stored.
      """
    ]
    let wide = measurements.filter { !$0.isPrecise }
    if !wide.isEmpty {
      notes.append(
        "\(wide.count) of \(measurements.count) medians are known less well than was asked for: first "
          + "\(wide[0].route.name), \(wide[0].bytes).")
    }
    let staged = Set(measurements.filter { !$0.isDirect }.map(\.route.name))
    if !staged.isEmpty {
      notes.append(
        "Devices that don't reach each other's memory copied through the host's: \(staged.sorted().joined(separator: "; "))"
          + ".")
    }
    if let note = ReadingsDocument.throttlingNote(measurements.map(\.readings)) { notes.append(note) }
    if isEmulation { notes.append(MeasuredFigures.emulated) }
    return lines + [""] + notes.flatMap { TextTable.wrap($0, TextTable.widest) }
  }

  /// The report as JSON.
  ///
  /// - Parameter number: The number of the stored run.
  public func json(number: Int64?) throws -> String {
    try JSONText.encode(
      Document(
        number: number, machine: machine,
        measurements: measurements.map { one in
          Entry(
            route: one.route.name, kind: one.route.kind, bytes: one.bytes.count, isDirect: one.isDirect,
            way: one.way.rawValue, runs: one.runs,
            provenance: DeviceReport.provenance(isEmulation: isEmulation).rawValue, median: one.times.median,
            p5: one.times.low, p95: one.times.high, medianLow: one.times.medianInterval?.lowerBound,
            medianHigh: one.times.medianInterval?.upperBound, isPrecise: one.isPrecise,
            bandwidth: one.bandwidth?.bytesPerSecond, readings: one.readings.map(ReadingsDocument.init),
            samples: one.times.samples)
        }))
  }
}
