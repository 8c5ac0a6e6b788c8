import CollectiveModels
import Fitting
import Quantities

/// How well the model of collectives predicts measured times by fits that had not seen them.
public enum CollectiveValidation {
  /// The bytes of the goal within a node.
  private static let goalBytes = 512.0...512.0 * 1024 * 1024

  /// The sets of a calibration: sizes left out in a node, the most ranks left out, and a log left out.
  ///
  /// - Parameters:
  ///   - calibration: The calibration.
  ///   - source: What its rows come from.
  ///   - seed: The seed of the draw of points.
  public static func sets(_ calibration: CollectiveCalibration, source: String, seed: UInt64) -> [ValidationSet] {
    func set(
      _ key: String, _ title: String, _ kind: ValidationSet.Kind, _ goals: [ValidationSet.Goal],
      _ scheme: CollectiveScheme, _ isIncluded: (HeldOutCollective) -> Bool
    ) -> ValidationSet? {
      let held = (calibration.validations.first { $0.scheme == scheme }?.rows ?? []).filter(isIncluded)
      let rows = held.map(row)
      let byName = Dictionary(zip(rows.map(\.name), held), uniquingKeysWith: { first, _ in first })
      return ValidationSet(
        key: "collective-\(key)", title: "collectives, \(title)", kind: kind, source: source, sizeName: "bytes",
        goals: goals, rows: rows, seed: seed
      ) { row in byName[row.name].map { reason($0, among: held) } ?? "" }
    }
    let coverage = KernelValidation.coverageGoals
    return [
      set(
        "node", "in a node, 512 B to 512 MB, every fifth size left out", .sizesLeftOut,
        [ValidationSet.Goal("median error", atMost: 0.08)] + coverage, .sizes
      ) { $0.measurement.row.nodes == 1 && goalBytes.contains($0.measurement.row.bytes.baseUnits) },
      set(
        "4-gpus", "in a node, the 4-GPU rows left out", .ranksLeftOut,
        [ValidationSet.Goal("median error", atMost: 0.12)], .mostRanksAlone
      ) { $0.measurement.row.nodes == 1 && goalBytes.contains($0.measurement.row.bytes.baseUnits) },
      set(
        "multi-node", "across nodes, one log left out", .logLeftOut,
        [ValidationSet.Goal("median error", atMost: 0.20)], .log
      ) { $0.measurement.row.nodes > 1 },
      set("log", "all logs, one log left out", .logLeftOut, coverage, .log) { _ in true },
    ].compactMap { $0 }
  }

  private static func row(_ held: HeldOutCollective) -> ValidationRow {
    let row = held.measurement.row
    let source = row.source.isEmpty ? "" : " of \(CollectiveCalibration.short(row.source))"
    return ValidationRow(
      line: row.line,
      name: "line \(row.line)\(source): \(row.gpu), \(row.collective.rawValue) of \(row.bytes) among \(row.gpus) "
        + "in \(row.nodes), \(row.dtype)",
      group: row.source.isEmpty ? "\(row.gpu), \(row.collective.rawValue)" : "\(row.gpu), \(row.gpus) in \(row.nodes)",
      size: row.bytes.baseUnits, measured: row.time, error: held.error, isCovered: held.isCovered)
  }

  /// What the data tell of a row: that its log begins with it, or that it is out of line with the sizes around it.
  private static func reason(_ held: HeldOutCollective, among rows: [HeldOutCollective]) -> String {
    let row = held.measurement.row
    let series = rows.map(\.measurement.row).filter {
      $0.source == row.source && $0.gpu == row.gpu && $0.collective == row.collective && $0.dtype == row.dtype
        && $0.gpus == row.gpus && $0.nodes == row.nodes
    }.sorted { $0.bytes < $1.bytes }
    guard let place = series.firstIndex(of: row) else { return "" }
    var reasons: [String] = []
    if place == 0, series.count > 1, row.time > series[1].time * 1.2 {
      reasons.append("the first size of its log, slower than the next: warming up")
    } else if place > 0, place + 1 < series.count {
      let mean = (series[place - 1].time.seconds * series[place + 1].time.seconds).squareRoot()
      let ratio = row.time.seconds / mean
      if ratio > 1.4 || ratio < 1 / 1.4 {
        reasons.append("measured \(NumberText.format(ratio, significantDigits: 3)) x the mean of the sizes around it")
      }
    }
    let factors = rows.filter { $0.measurement.row.source == row.source && !row.source.isEmpty }.map(\.error)
    if factors.count > 2 {
      let median = OrderStatistics.median(factors)
      if abs(median) > 0.15, (median > 0) == (held.error > 0) {
        reasons.append(
          "its whole log is predicted \(median > 0 ? "too slow" : "too fast"): its network or software is another")
      }
    }
    return reasons.joined(separator: ", ")
  }
}
