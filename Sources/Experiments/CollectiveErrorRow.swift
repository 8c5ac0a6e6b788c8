import CollectiveModels
import Fitting

/// How good predictions are over some rows that were left out.
public struct CollectiveErrorRow: Sendable {
  /// Which rows.
  public let name: String
  /// The errors, by both tiers.
  public let errors: ErrorSummary
  /// The errors by tier 1 alone.
  public let tierOne: ErrorSummary
  /// The share of the rows that their 80 % interval holds, where there are intervals.
  public let coverage: Double?

  /// Sums up rows; nil for none.
  init?(_ name: String, _ rows: [HeldOutCollective]) {
    guard let errors = ErrorSummary(of: rows.map(\.error)), let tierOne = ErrorSummary(of: rows.map(\.tierOneError))
    else { return nil }
    self.name = name
    self.errors = errors
    self.tierOne = tierOne
    let covered = rows.compactMap(\.isCovered)
    coverage = covered.isEmpty ? nil : Double(covered.count { $0 }) / Double(covered.count)
  }
}

extension CollectiveCalibration {
  /// Cross-validation by what was left out; logs and clusters also over rows of several nodes alone.
  public var schemeRows: [CollectiveErrorRow] {
    validations.flatMap { validation in
      let rows = validation.rows
      var table = [CollectiveErrorRow(validation.scheme.rawValue, rows)]
      if validation.scheme == .log || validation.scheme == .cluster {
        table.append(
          CollectiveErrorRow(
            "\(validation.scheme.rawValue), several nodes", rows.filter { $0.measurement.row.nodes > 1 }))
      }
      return table.compactMap { $0 }
    }
  }

  /// Cross-validation of one scheme by GPU and collective.
  public func collectiveRows(_ scheme: CollectiveScheme) -> [CollectiveErrorRow] {
    let rows = validations.first { $0.scheme == scheme }?.rows ?? []
    var table: [CollectiveErrorRow?] = []
    for gpu in Self.unique(rows.map(\.measurement.machine.gpu)) {
      for kind in CollectiveKind.allCases {
        table.append(
          CollectiveErrorRow(
            "\(gpu) \(kind.rawValue)",
            rows.filter { $0.measurement.machine.gpu == gpu && $0.measurement.row.collective == kind }))
      }
    }
    return table.compactMap { $0 }
  }

  /// Cross-validation of one scheme by log.
  public func logRows(_ scheme: CollectiveScheme) -> [CollectiveErrorRow] {
    let rows = validations.first { $0.scheme == scheme }?.rows ?? []
    return Self.unique(rows.map(\.measurement.row.source)).compactMap { source in
      let part = rows.filter { $0.measurement.row.source == source }
      guard let row = part.first?.measurement.row else { return nil }
      let place = "\(row.gpu), \(row.collective.rawValue), \(row.gpus) in \(row.nodes)"
      return CollectiveErrorRow("\(place) (\(Self.short(source)))", part)
    }
  }

  /// The rows that are predicted worst of those that a scheme leaves out, worst first.
  public func worstRows(_ scheme: CollectiveScheme, _ count: Int) -> [HeldOutCollective] {
    let rows = validations.first { $0.scheme == scheme }?.rows ?? []
    let sorted = rows.enumerated().sorted { (abs($1.element.error), $0.offset) < (abs($0.element.error), $1.offset) }
    return Array(sorted.prefix(count).map(\.element))
  }

  /// A source without its host and revision.
  static func short(_ source: String) -> String {
    let path = source.hasPrefix("github.com/") ? source.dropFirst(11) : source[...]
    return String(path.prefix { $0 != ":" && $0 != "@" })
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
