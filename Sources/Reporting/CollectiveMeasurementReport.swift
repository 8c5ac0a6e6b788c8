import CUDABackend
import Quantities

/// What collectives took, for a terminal and as JSON: nccl-tests' table.
public struct CollectiveMeasurementReport: Sendable {
  private struct Entry: Encodable {
    let collective: String
    let type: String
    let bytes: Int64
    let count: Int
    let isInPlace: Bool
    let ranks: Int
    let runs: Int
    let way: String
    let provenance: String
    let median: Double
    let p5: Double
    let p95: Double
    let medianLow: Double?
    let medianHigh: Double?
    let isPrecise: Bool
    let algorithmBandwidth: Double?
    let busBandwidth: Double?
    let readings: [ReadingsDocument]
    let samples: [Double]
  }

  private struct Document: Encodable {
    let number: Int64?
    let machine: [String]
    let measurements: [Entry]
  }

  private let machine: [String]
  private let measurements: [CollectiveMeasurement]
  private let isEmulation: Bool

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: What was measured on, a line each.
  ///   - measurements: What was found; those out of place and in place of one size stand together.
  ///   - isEmulation: Whether it was found on the tests' emulation.
  public init(machine: [String], measurements: [CollectiveMeasurement], isEmulation: Bool) {
    self.machine = machine
    self.measurements = measurements
    self.isEmulation = isEmulation
  }

  /// A block of the table: one collective of one type.
  private struct Block: Hashable {
    let collective: Collective
    let type: CollectiveType
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines = machine.flatMap { TextTable.wrap(PrintableText.line($0), TextTable.widest) }
    var blocks: [Block] = []
    for one in measurements {
      let block = Block(collective: one.collective, type: one.type)
      if !blocks.contains(block) { blocks.append(block) }
    }
    for block in blocks {
      let own = measurements.filter { $0.collective == block.collective && $0.type == block.type }
      lines += [""] + table(block, own)
    }
    let enqueuing =
      measurements.first?.way == .graph
      ? "recorded as one CUDA graph a device, so that what enqueuing each costs the host is not in the times"
      : "so that what enqueuing costs the host is in small sizes' times"
    var notes = [
      """
      size, algbw and busbw are those of nccl-tests: algbw is the size over the time, busbw what a rank's links carry \
      each way, both in GB/s of 10^9 bytes. Times are medians in microseconds, by events on the devices, the slowest of \
      them; a sample is 20 collectives one after another, fewer above 3.2 MiB, \(enqueuing). ± is half of the interval that holds the median with 95 %, by order statistics; ! marks one \
      that stayed wider than asked for. All results were exact, before and after.
      """
    ]
    if let note = ReadingsDocument.throttlingNote(measurements.map(\.readings)) { notes.append(note) }
    if isEmulation { notes.append(MeasuredFigures.emulated) }
    return lines + [""] + notes.flatMap { TextTable.wrap($0, TextTable.widest) }
  }

  private func table(_ block: Block, _ own: [CollectiveMeasurement]) -> [String] {
    let label = isEmulation ? "EMULATED" : "measured"
    let hasInPlace = own.contains(where: \.isInPlace)
    var table = TextTable(
      columns: ["size (B)", "count", "time", "algbw", "busbw", "±", "n"]
        + (hasInPlace ? ["in place", "algbw", "busbw", "±", "n"] : []))
    func cells(_ one: CollectiveMeasurement) -> [String] {
      [
        MeasuredFigures.microseconds(one.times.median), MeasuredFigures.gigabytes(one.algorithmBandwidth),
        MeasuredFigures.gigabytes(one.busBandwidth), MeasuredFigures.spread(one.times, isPrecise: one.isPrecise),
        "\(one.times.samples.count)",
      ]
    }
    for one in own where !one.isInPlace {
      let other = own.first { $0.isInPlace && $0.bytes == one.bytes }
      table.add(["\(one.bytes.count)", "\(one.count)"] + cells(one) + (other.map(cells) ?? []))
    }
    let rates = own.compactMap { $0.busBandwidth?.bytesPerSecond }
    let mean = rates.isEmpty ? nil : BytesPerSecond(rates.reduce(0, +) / Double(rates.count))
    return [
      "\(label): \(block.collective.rawValue), \(block.type.rawValue), \(own.first?.ranks ?? 0) rank\(own.first?.ranks == 1 ? "" : "s")"
    ]
      + table.lines + ["mean bus bandwidth \(MeasuredFigures.gigabytes(mean)) GB/s"]
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
            collective: one.collective.rawValue, type: one.type.rawValue, bytes: one.bytes.count, count: one.count,
            isInPlace: one.isInPlace, ranks: one.ranks, runs: one.runs, way: one.way.rawValue,
            provenance: DeviceReport.provenance(isEmulation: isEmulation).rawValue, median: one.times.median,
            p5: one.times.low, p95: one.times.high, medianLow: one.times.medianInterval?.lowerBound,
            medianHigh: one.times.medianInterval?.upperBound, isPrecise: one.isPrecise,
            algorithmBandwidth: one.algorithmBandwidth?.bytesPerSecond,
            busBandwidth: one.busBandwidth?.bytesPerSecond, readings: one.readings.map(ReadingsDocument.init),
            samples: one.times.samples)
        }))
  }
}
