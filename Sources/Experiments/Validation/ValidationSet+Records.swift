import Quantities
import ResultStore

/// A stored result that is no data set of a validation.
public struct ValidationRecordError: Error, CustomStringConvertible {
  /// What is missing.
  public let description: String

  /// Creates an error.
  public init(description: String) { self.description = description }
}

extension ValidationSet {
  /// The algorithm by which results of validations are known.
  static let algorithm = "validation"

  /// The set as it is stored: every figure of it is a metric.
  public var record: ResultRecord {
    var metrics = Self.metrics(figures, scope: "")
    for goal in goals {
      metrics.append(
        Self.metric(goal.metric, scope: goal.isUpper ? "goal, at most" : "goal, at least", goal.bound, .assumed))
    }
    for (number, part) in parts.enumerated() {
      metrics += Self.metrics(part.figures, scope: Self.scope("part", number, [part.name]))
    }
    for (number, row) in worst.enumerated() {
      let scope = Self.scope("worst", number, [row.name, row.reason])
      metrics.append(MetricRecord(name: "time", scope: scope, value: row.measured, provenance: .measured))
      metrics.append(MetricRecord(name: "time", scope: scope, value: row.predicted, provenance: .fitted))
    }
    for (number, bin) in bins.enumerated() {
      let scope = Self.scope("size", number, [bin.group, NumberText.format(bin.size, significantDigits: 17)])
      metrics.append(
        MetricRecord(name: "rows", scope: scope, value: .integer(Int64(bin.rows)), unit: "", provenance: .computed))
      for (share, value) in zip(Bin.shares, bin.quantiles) {
        metrics.append(Self.metric("p\(Int(share * 100)) of the signed error", scope: scope, value, .computed))
      }
    }
    for (number, point) in points.enumerated() {
      let scope = Self.scope("point", number, [point.group])
      metrics.append(MetricRecord(name: "time", scope: scope, value: point.measured, provenance: .measured))
      metrics.append(MetricRecord(name: "time", scope: scope, value: point.predicted, provenance: .fitted))
    }
    return ResultRecord(
      label: title, algorithm: Self.algorithm,
      options: ["set=\(key)", "kind=\(kind.rawValue)", "size=\(sizeName)", source].joined(separator: "; "),
      metrics: metrics)
  }

  /// Reads a set back.
  ///
  /// - Throws: ``ValidationRecordError`` when the result is none.
  public init(_ record: ResultRecord) throws(ValidationRecordError) {
    let options = record.options.split(separator: ";", maxSplits: 3).map { NumberText.trim(String($0)) }
    guard record.algorithm == Self.algorithm, options.count == 4, options[0].hasPrefix("set="),
      options[1].hasPrefix("kind="), let kind = Kind(rawValue: String(options[1].dropFirst(5))),
      options[2].hasPrefix("size=")
    else {
      throw ValidationRecordError(description: "the result '\(record.label)' is no data set of a validation")
    }
    var scopes: [String] = []
    var groups: [String: [MetricRecord]] = [:]
    for metric in record.metrics {
      if groups[metric.scope] == nil { scopes.append(metric.scope) }
      groups[metric.scope, default: []].append(metric)
    }
    func scoped(_ word: String) -> [(parts: [String], metrics: [MetricRecord])] {
      scopes.filter { $0.hasPrefix(word + " ") }.map { scope in
        (
          scope.split(separator: ";", omittingEmptySubsequences: false).dropFirst().map { NumberText.trim(String($0)) },
          groups[scope] ?? []
        )
      }
    }
    func times(_ metrics: [MetricRecord]) -> (Seconds, Seconds) {
      func time(_ provenance: Provenance) -> Seconds {
        Seconds(metrics.first { $0.provenance == provenance }?.value.real ?? 0)
      }
      return (time(.measured), time(.fitted))
    }
    guard let figures = Self.figures(groups[""] ?? []) else {
      throw ValidationRecordError(description: "the result '\(record.label)' lacks figures of all rows")
    }
    self.init(
      key: String(options[0].dropFirst(4)), title: record.label, kind: kind, source: options[3],
      sizeName: String(options[2].dropFirst(5)), figures: figures,
      goals: scopes.filter { $0.hasPrefix("goal") }.flatMap { scope in
        (groups[scope] ?? []).map { Goal(metric: $0.name, bound: $0.value.real, isUpper: scope.hasSuffix("most")) }
      },
      parts: scoped("part").compactMap { entry in
        Self.figures(entry.metrics).map { Part(name: entry.parts.first ?? "", figures: $0) }
      },
      worst: scoped("worst").map { entry in
        let (measured, predicted) = times(entry.metrics)
        return Outlier(
          name: entry.parts.first ?? "", measured: measured, predicted: predicted,
          reason: entry.parts.dropFirst().joined(separator: "; "))
      },
      points: scoped("point").map { entry in
        let (measured, predicted) = times(entry.metrics)
        return Point(group: entry.parts.first ?? "", measured: measured, predicted: predicted)
      },
      bins: scoped("size").map { entry in
        Bin(
          group: entry.parts.first ?? "", size: Double(entry.parts.last ?? "") ?? 0,
          rows: Int(entry.metrics.first { $0.name == "rows" }?.value.real ?? 0),
          quantiles: entry.metrics.filter { $0.name != "rows" }.map(\.value.real))
      })
  }

  private static func scope(_ word: String, _ number: Int, _ parts: [String]) -> String {
    let digits = "\(number + 1)"
    // Numbers are of one width, so that they sort as words.
    return "\(word) \(String(repeating: "0", count: max(0, 3 - digits.count)) + digits); "
      + parts.joined(separator: "; ")
  }

  private static func metric(_ name: String, scope: String, _ value: Double, _ provenance: Provenance) -> MetricRecord {
    MetricRecord(name: name, scope: scope, value: .real(value), unit: "", provenance: provenance)
  }

  private static func metrics(_ figures: Figures, scope: String) -> [MetricRecord] {
    Figures.names.compactMap { name in
      guard let value = figures.value(name) else { return nil }
      return name == Figures.names[0]
        ? MetricRecord(
          name: name, scope: scope, value: .integer(Int64(figures.rows)), unit: "", provenance: .computed)
        : metric(name, scope: scope, value, .computed)
    }
  }

  private static func figures(_ metrics: [MetricRecord]) -> Figures? {
    func value(_ index: Int) -> Double? {
      metrics.first { $0.name == Figures.names[index] && $0.provenance == .computed }?.value.real
    }
    guard let rows = value(0), let median = value(1), let ninetieth = value(2), let bias = value(3) else { return nil }
    return Figures(rows: Int(rows), median: median, ninetieth: ninetieth, bias: bias, coverage: value(4))
  }
}
