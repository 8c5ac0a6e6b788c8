import CUDABackend
import Configuration
import Quantities
import Reporting
import ResultStore

/// What is stored of measurements on a device.
struct MeasureRecords {
  let devices: InstalledDevices
  /// What was measured on, a line each.
  let machine: [String]
  /// The seed of the numbers; nil where none were drawn.
  let seed: UInt64?
  /// Whether anything that was measured with is the tests' emulation.
  var isEmulation: Bool { devices.isEmulation || usesEmulation }
  /// Whether a library beside the driver is the tests' emulation, or another process has one.
  var usesEmulation = false

  /// The run of kind `measure`.
  func run(note: String?) throws -> RunRecord {
    .ofCommand(kind: "measure", seed: seed, note: note)
  }

  /// The machine with its devices and how they are joined, as it was read.
  func input() throws -> InputRecord {
    let text = try DeviceReport(devices).json()
    return InputRecord(
      hash: ContentHash.sha256(text), kind: "machine", name: devices.entries[0].device.name, text: text)
  }

  /// Does what may find that a device or a result is wrong: the failure is stored then, and nothing that was measured
  /// before it.
  ///
  /// - Parameters:
  ///   - database: Where it is stored; nil for nowhere.
  ///   - inputs: The inputs of the run beside the machine.
  ///   - body: What is done.
  func storingFailure<Value>(
    in database: ResultDatabase?, inputs: [InputRecord] = [], _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as CUDAError {
      do {
        _ = try database?.save(
          run: try run(note: "failed: \(error)"), inputs: [try input()] + inputs, results: [])
      } catch let refusal {
        // What is wrong matters more than that it can't be kept.
        CommandFailure.warn("the failure is not stored: \(refusal)")
      }
      throw error
    }
  }

  /// The times of a measurement: median, percentiles and the interval that holds the median.
  func metrics(of times: SampleStatistics, _ provenance: Provenance) -> [MetricRecord] {
    func time(_ scope: String, _ value: Double) -> MetricRecord {
      MetricRecord(name: "time", scope: scope, value: Seconds(value), provenance: provenance)
    }
    var metrics = [time("", times.median), time("p5", times.low), time("p95", times.high)]
    if let interval = times.medianInterval {
      metrics += [time("median at least", interval.lowerBound), time("median at most", interval.upperBound)]
    }
    return metrics
  }

  /// All samples of a measurement.
  func samples(of times: SampleStatistics, _ provenance: Provenance) -> [SampleRecord] {
    [SampleRecord(name: "time", values: times.samples, unit: "s", provenance: provenance)]
  }

  /// One measurement with all its samples.
  func result(_ one: KernelMeasurement) -> ResultRecord {
    let provenance = DeviceReport.provenance(isEmulation: isEmulation)
    var metrics = metrics(of: one.times, provenance)
    if let rate = one.rate, let unit = KernelMeasurementReport.unit(one) {
      metrics.append(MetricRecord(name: "rate", value: .real(rate), unit: unit, provenance: provenance))
    }
    metrics.append(
      MetricRecord(name: "largest error, of its bound", value: .real(one.excess), unit: "", provenance: .computed))
    let readings = one.readings
    func figure(_ name: String, _ scope: String, _ value: Int, _ unit: String) -> MetricRecord {
      MetricRecord(name: name, scope: scope, value: .integer(Int64(value)), unit: unit, provenance: provenance)
    }
    for (name, unit, range) in [
      ("clock", "MHz", readings.range(\.clock)), ("power", "mW", readings.range(\.milliwatts)),
      ("temperature", "°C", readings.range(\.temperature)),
    ] {
      guard let range else { continue }
      metrics += [
        figure(name, "least", range.least, unit), figure(name, "median", range.median, unit),
        figure(name, "most", range.most, unit),
      ]
    }
    if let throttling = readings.throttling {
      metrics += [
        figure("throttling", "seen", Int(clamping: throttling), "NVML's bits"),
        figure("throttled readings", "", readings.throttledCount, ""), figure("readings", "", readings.all.count, ""),
      ]
    }
    for (scope, reading) in [("before", readings.before), ("after", readings.after)] {
      guard let reading else { continue }
      let figures: [(String, Int?, String)] = [
        ("clock", reading.clock, "MHz"), ("memory clock", reading.memoryClock, "MHz"),
        ("power", reading.milliwatts, "mW"), ("temperature", reading.temperature, "°C"),
        ("throttling", reading.throttling.map { Int(clamping: $0) }, "NVML's bits"),
      ]
      for (name, value, unit) in figures {
        guard let value else { continue }
        metrics.append(figure(name, scope, value, unit))
      }
    }
    return ResultRecord(
      label: one.label, algorithm: one.kernel, options: ([one.options] + machine).joined(separator: "; "),
      metrics: metrics, samples: samples(of: one.times, provenance))
  }

  /// One step with all its samples, its memory and what went between ranks, beside what was simulated of it.
  func result(_ entry: StepMeasurementReport.Entry) -> ResultRecord {
    let provenance = DeviceReport.provenance(isEmulation: isEmulation)
    let step = entry.step
    var record = result(step.measurement)
    record.metrics.append(MetricRecord(name: "bytes sent", value: step.sent, provenance: provenance))
    for (rank, bytes) in step.reducedBytesByRank.enumerated() where bytes > .zero {
      record.metrics.append(
        MetricRecord(name: "bytes all-reduced", scope: "rank \(rank)", value: bytes, provenance: provenance))
    }
    for (from, row) in step.bytesByPair.enumerated() {
      for (to, bytes) in row.enumerated() where bytes > .zero {
        record.metrics.append(
          MetricRecord(name: "bytes sent", scope: "rank \(from) to \(to)", value: bytes, provenance: provenance))
      }
    }
    for (name, values) in [
      ("peak bytes", step.memory.peaks), ("arena bytes", step.memory.arenas), ("bytes beside", step.memory.scratch),
    ] {
      for (rank, bytes) in values.enumerated() {
        record.metrics.append(
          MetricRecord(name: name, scope: "rank \(rank)", value: bytes, provenance: provenance))
      }
    }
    if let simulated = entry.simulated {
      record.metrics.append(
        MetricRecord(name: "time", scope: "simulated", value: simulated.makespan, provenance: .simulated))
      for (rank, bytes) in simulated.peakBytesByRank.enumerated() {
        record.metrics.append(
          MetricRecord(
            name: "peak bytes", scope: "rank \(rank), simulated", value: bytes, provenance: .simulated))
      }
    }
    return record
  }
}
