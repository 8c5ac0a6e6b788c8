import KernelModels
import Quantities
import ResultStore

extension KernelCalibration {
  /// The figures of cross-validation as they are stored: a result for each phase.
  ///
  /// - Parameter hashes: The SHA-256 of each phase's file, in their order.
  public func records(hashes: [String]) -> [ResultRecord] {
    zip(phases, hashes).map { phase, hash in
      let counts = [
        ("rows", phase.file.rowCount), ("rows used", phase.file.measurements.count), ("bad rows", phase.file.bad.count),
        ("rows set aside", phase.file.setAside.count), ("rows that physics contradicts", phase.file.flags.count),
      ].map { name, count in
        MetricRecord(name: name, value: .integer(Int64(count)), unit: "", provenance: .computed)
      }
      return ResultRecord(
        label: "kernel model, \(phase.file.phase.rawValue)", algorithm: "kernel model",
        options: "phase=\(phase.file.phase.rawValue) folds=\(CrossValidation.foldCount) sha256=\(hash)",
        metrics: counts + phase.errorRows.flatMap(Self.metrics) + phase.deviceRows.enumerated().flatMap(Self.metrics))
    }
  }

  private static func metric(_ name: String, _ scope: String, _ value: Double) -> MetricRecord {
    MetricRecord(name: name, scope: scope, value: .real(value), unit: "", provenance: .computed)
  }

  private static func metrics(_ row: KernelErrorRow) -> [MetricRecord] {
    [
      metric("median error", row.name, row.errors.median), metric("p90 error", row.name, row.errors.ninetieth),
      metric("bias", row.name, row.errors.bias), metric("tier 1 median error", row.name, row.tierOne.median),
      metric("tier 1 p90 error", row.name, row.tierOne.ninetieth),
      metric("coverage of the 80 % interval", row.name, row.coverage),
    ]
  }

  /// Names repeat from one software and device to the next, so that a number tells them apart.
  private static func metrics(_ number: Int, _ row: KernelDeviceRow) -> [MetricRecord] {
    let scope = "device left out, \(number + 1): " + row.name.drop { $0 == " " }
    return [
      metric("median error", scope, row.errors.median), metric("p90 error", scope, row.errors.ninetieth),
      metric("bias", scope, row.errors.bias),
    ]
  }
}
