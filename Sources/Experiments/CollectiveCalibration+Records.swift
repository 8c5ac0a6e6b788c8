import CollectiveModels
import ResultStore

extension CollectiveCalibration {
  /// The figures of cross-validation as they are stored: one result.
  ///
  /// - Parameter hashes: The SHA-256 of each file, in their order.
  public func records(hashes: [String]) -> [ResultRecord] {
    let counts = [
      ("rows", files.map(\.rowCount)), ("rows used", files.map(\.measurements.count)),
      ("bad rows", files.map(\.bad.count)), ("rows set aside", files.map(\.setAside.count)),
    ].map { name, counts in
      MetricRecord(name: name, value: .integer(Int64(counts.reduce(0, +))), unit: "", provenance: .computed)
    }
    let tables =
      schemeRows.flatMap(Self.metrics)
      + [CollectiveScheme.sizes, .mostRanksAlone].flatMap { scheme in
        collectiveRows(scheme).flatMap { Self.metrics($0, scheme.rawValue) }
      }
      + [CollectiveScheme.log, .cluster].flatMap { scheme in
        logRows(scheme).enumerated().flatMap { Self.metrics($1, "\(scheme.rawValue), \($0 + 1)") }
      }
    return [
      ResultRecord(
        label: "collective model", algorithm: "collective model",
        options: "folds=\(CollectiveScheme.foldCount) sha256=\(hashes.joined(separator: ","))",
        metrics: counts + tables)
    ]
  }

  private static func metrics(_ row: CollectiveErrorRow) -> [MetricRecord] { metrics(row, "") }

  private static func metrics(_ row: CollectiveErrorRow, _ prefix: String) -> [MetricRecord] {
    let scope = prefix.isEmpty ? row.name : "\(prefix): \(row.name)"
    func metric(_ name: String, _ value: Double) -> MetricRecord {
      MetricRecord(name: name, scope: scope, value: .real(value), unit: "", provenance: .computed)
    }
    return [
      metric("median error", row.errors.median), metric("p90 error", row.errors.ninetieth),
      metric("bias", row.errors.bias), metric("tier 1 median error", row.tierOne.median),
      metric("tier 1 p90 error", row.tierOne.ninetieth),
    ] + (row.coverage.map { [metric("coverage of the 80 % interval", $0)] } ?? [])
  }
}
