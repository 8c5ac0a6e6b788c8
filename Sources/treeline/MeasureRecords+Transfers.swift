import CUDABackend
import Quantities
import Reporting
import ResultStore

/// What is stored of collectives and of copies between memories.
extension MeasureRecords {
  /// One collective with all its samples.
  func result(_ one: CollectiveMeasurement) -> ResultRecord {
    transfer(
      label: "\(one.collective.rawValue) \(one.type.rawValue) \(one.bytes)\(one.isInPlace ? " in place" : "")",
      algorithm: one.collective.rawValue, options: one.options, times: one.times,
      rates: [("algorithm bandwidth", one.algorithmBandwidth), ("bus bandwidth", one.busBandwidth)],
      readings: one.readings)
  }

  /// One copy with all its samples.
  func result(_ one: LinkMeasurement) -> ResultRecord {
    transfer(
      label: "\(one.route.name), \(one.bytes)", algorithm: one.route.kind, options: one.options, times: one.times,
      rates: [("bandwidth", one.bandwidth)], readings: one.readings)
  }

  private func transfer(
    label: String, algorithm: String, options: String, times: SampleStatistics,
    rates: [(name: String, rate: BytesPerSecond?)], readings: [CollectiveMeasurement.Readings]
  ) -> ResultRecord {
    let provenance = DeviceReport.provenance(isEmulation: isEmulation)
    var metrics = metrics(of: times, provenance)
    for (name, rate) in rates {
      guard let rate else { continue }
      metrics.append(
        MetricRecord(name: name, value: .real(rate.bytesPerSecond), unit: "B/s", provenance: provenance))
    }
    for one in readings { metrics += figures(one, provenance) }
    return ResultRecord(
      label: label, algorithm: algorithm, options: ([options] + machine).joined(separator: "; "), metrics: metrics,
      samples: samples(of: times, provenance))
  }
}

extension MeasureRecords {
  /// What a device's sensors showed throughout.
  private func figures(_ readings: CollectiveMeasurement.Readings, _ provenance: Provenance) -> [MetricRecord] {
    let sensors = readings.sensors
    var metrics: [MetricRecord] = []
    func add(_ name: String, _ scope: String, _ value: Int, _ unit: String) {
      metrics.append(
        MetricRecord(
          name: name, scope: "\(scope), device \(readings.device)", value: .integer(Int64(value)), unit: unit,
          provenance: provenance))
    }
    for (name, unit, range) in [
      ("clock", "MHz", sensors.range(\.clock)), ("memory clock", "MHz", sensors.range(\.memoryClock)),
      ("power", "mW", sensors.range(\.milliwatts)), ("temperature", "°C", sensors.range(\.temperature)),
    ] {
      guard let range else { continue }
      add(name, "least", range.least, unit)
      add(name, "median", range.median, unit)
      add(name, "most", range.most, unit)
    }
    if let throttling = sensors.throttling {
      add("throttling", "seen", Int(clamping: throttling), "NVML's bits")
      add("throttled readings", "of \(sensors.all.count)", sensors.throttledCount, "")
    }
    return metrics
  }
}
