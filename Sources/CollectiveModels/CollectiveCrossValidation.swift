import Fitting
import RealModule

/// The rows of one scheme as fits that had not seen them predict them.
public struct CollectiveCrossValidation: Sendable {
  /// What was left out.
  public let scheme: CollectiveScheme
  /// The rows.
  public let rows: [HeldOutCollective]

  /// Puts together what fits without a fold say of its rows.
  ///
  /// - Parameters:
  ///   - scheme: What was left out.
  ///   - rows: All rows.
  ///   - folds: The folds.
  ///   - fits: The fit without each.
  public init(
    _ scheme: CollectiveScheme, _ rows: [MeasuredCollective], folds: [CollectiveScheme.Fold],
    fits: [FittedCollectives]
  ) {
    self.scheme = scheme
    var held: [HeldOutCollective] = []
    for (fold, fit) in zip(folds, fits) {
      let part = fold.held.map { rows[$0] }
      for (measurement, times) in zip(part, fit.logTimes(part)) {
        let time = Double.log(measurement.row.time.seconds * 1e6)
        held.append(
          HeldOutCollective(
            measurement: measurement, choice: measurement.machine.choice(for: measurement.call), fold: fold.name,
            tierOneError: times.tierOne - time, error: times.both - time, interval: nil))
      }
    }
    self.rows = Self.withIntervals(held, scheme)
  }

  /// Rows that are judged together by the errors of the others.
  private static func part(_ row: HeldOutCollective, _ scheme: CollectiveScheme) -> String {
    switch scheme {
    case .mostRanksAlone, .mostRanks, .fewestRanks, .nodeClass: row.measurement.machine.node.rawValue
    default: row.fold
    }
  }

  private static func withIntervals(_ rows: [HeldOutCollective], _ scheme: CollectiveScheme) -> [HeldOutCollective] {
    var rows = rows
    let byForm = scheme == .randomRows || scheme == .sizes
    let cells = Dictionary(grouping: rows.indices) { byForm ? rows[$0].form.rawValue : "" }
    for members in cells.values {
      for (name, judged) in Dictionary(grouping: members, by: { part(rows[$0], scheme) }) {
        let others = members.filter { part(rows[$0], scheme) != name }.map { rows[$0] }
        guard let interval = Self.interval(others) else { continue }
        for number in judged { rows[number].interval = interval }
      }
    }
    return rows
  }

  /// The interval of rows, whose groups count alike.
  static func interval(_ rows: [HeldOutCollective]) -> ErrorInterval? {
    let groups = Dictionary(grouping: rows, by: \.group).sorted { $0.key < $1.key }
    return ErrorInterval(ofGroups: groups.map { $0.value.map { -$0.error } })
  }

  /// The share of the rows that the interval of all other groups of a GPU and a collective holds; nil for a single group.
  public var coverageByGroups: Double? {
    let groups = Dictionary(grouping: rows, by: \.group)
    guard groups.count > 1 else { return nil }
    var covered = 0
    for (name, judged) in groups {
      guard let interval = Self.interval(rows.filter { $0.group != name }) else { return nil }
      covered += judged.count { -$0.error >= interval.low && -$0.error <= interval.high }
    }
    return Double(covered) / Double(rows.count)
  }
}

extension CollectiveIntervals {
  /// The intervals that go with a fit to all rows.
  public init(_ validations: [CollectiveCrossValidation]) {
    var cells: [Cell: ErrorInterval] = [:]
    for validation in validations {
      switch validation.scheme {
      case .sizes:
        for (cell, rows) in Dictionary(grouping: validation.rows, by: \.form) {
          cells[cell] = CollectiveCrossValidation.interval(rows)
        }
      case .log: cells[.otherLog] = CollectiveCrossValidation.interval(validation.rows)
      case .cluster: cells[.otherCluster] = CollectiveCrossValidation.interval(validation.rows)
      case .randomRows, .mostRanksAlone, .mostRanks, .fewestRanks, .nodeClass: break
      }
    }
    // More ranks from fewer and fewer from more.
    cells[.otherRanks] = CollectiveCrossValidation.interval(
      validations.filter { $0.scheme == .mostRanksAlone || $0.scheme == .fewestRanks }.flatMap(\.rows))
    self.init(cells: cells)
  }
}
