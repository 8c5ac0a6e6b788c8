import Quantities
import ResultStore

/// What came of simulating a stored run again: whether every figure is the same, and which are not.
public struct RepeatReport: Sendable {
  private let stored: StoredRun
  private let results: [ResultRecord]
  private let version: String
  private let differences: [Difference]

  /// How many differences are told one by one.
  static let mostTold = 5

  /// Compares results with those that are stored.
  ///
  /// - Parameters:
  ///   - stored: The run.
  ///   - results: The new results, one for each that is stored, in their order.
  ///   - version: The version that they come from.
  public init(stored: StoredRun, results: [ResultRecord], version: String) {
    self.stored = stored
    self.results = results
    self.version = version
    differences =
      zip(stored.results, results).flatMap { Self.differences($0, $1) }
      + (stored.results.count == results.count
        ? [] : [Difference(what: "results", stored: "\(stored.results.count)", now: "\(results.count)")])
  }

  /// Whether everything is the same, to the last bit.
  public var isEqual: Bool { differences.isEmpty }

  /// The report.
  public var lines: [String] {
    guard !isEqual else {
      let figures = results.reduce(0) { $0 + $1.metrics.count }
      return ["run \(stored.id): all \(figures) figures are the same again"]
    }
    let labels = zip(stored.results, results).filter { $0 != $1 }.map { Self.name($0.0) }
    let what = labels.isEmpty ? "the results" : labels.joined(separator: ", ")
    let rest = differences.count - Self.mostTold
    return [
      "run \(stored.id): figures of \(what) differ; stored by version \(stored.run.treelineVersion), repeated by \(version)"
    ] + differences.prefix(Self.mostTold).map { "  " + $0.text } + (rest > 0 ? ["  and \(rest) more"] : [])
  }

  /// The report as JSON.
  public func json() throws -> String {
    try JSONText.encode(
      Document(
        run: stored.id, equal: isEqual, storedVersion: stored.run.treelineVersion, version: version,
        figures: results.reduce(0) { $0 + $1.metrics.count }, differences: differences))
  }

  private struct Document: Encodable {
    let run: Int64
    let equal: Bool
    let storedVersion: String
    let version: String
    let figures: Int
    let differences: [Difference]
  }

  /// Something that is stored otherwise than it is now.
  private struct Difference: Encodable {
    /// The result, and what of it.
    let what: String
    /// What is stored, in words.
    let stored: String
    /// What it is now, in words.
    let now: String
    /// The stored figure in base units; absent where there is none, or where what differs is a word.
    var storedValue: Double?
    /// The figure now.
    var value: Double?
    /// The unit of both.
    var unit: String?

    var text: String { "\(what): stored \(stored), now \(now)" }
  }

  private static func differences(_ stored: ResultRecord, _ new: ResultRecord) -> [Difference] {
    var found: [Difference] = []
    func compare(_ what: String, _ stored: String, _ new: String) {
      if stored != new { found.append(Difference(what: what, stored: stored, now: new)) }
    }
    let name = name(stored)
    compare("\(name), label", "'\(stored.label)'", "'\(new.label)'")
    compare("\(name), algorithm", "'\(stored.algorithm)'", "'\(new.algorithm)'")
    compare("\(name), options", "'\(stored.options)'", "'\(new.options)'")
    compare("\(name), status", stored.status.rawValue, new.status.rawValue)
    let newMetrics = Dictionary(new.metrics.map { (Key($0), $0) }) { first, _ in first }
    let storedKeys = Set(stored.metrics.map(Key.init))
    for metric in stored.metrics {
      let other = newMetrics[Key(metric)]
      guard other != metric else { continue }
      let (old, now) = texts(metric, other)
      found.append(
        Difference(
          what: "\(name), \(what(metric))", stored: old, now: now, storedValue: metric.value.real,
          value: other?.value.real, unit: metric.unit))
    }
    for metric in new.metrics where !storedKeys.contains(Key(metric)) {
      found.append(
        Difference(
          what: "\(name), \(what(metric))", stored: "nothing", now: MetricText.describe(metric),
          value: metric.value.real, unit: metric.unit))
    }
    if found.isEmpty, stored != new {
      found.append(Difference(what: "\(name), figures", stored: "in another order", now: "in this order"))
    }
    return found
  }

  /// A result as it is called: by its label, which may be empty.
  private static func name(_ result: ResultRecord) -> String { result.label.isEmpty ? result.algorithm : result.label }

  /// What a figure is: `step time (closed-form)`, `critical path of compute (simulated)`.
  private static func what(_ metric: MetricRecord) -> String {
    metric.name + (metric.scope.isEmpty ? "" : " [\(metric.scope)]") + " (\(metric.provenance.rawValue))"
  }

  /// Two values in words, or with every digit where the words are the same.
  private static func texts(_ stored: MetricRecord, _ new: MetricRecord?) -> (String, String) {
    guard let new else { return (MetricText.describe(stored), "nothing") }
    let words = (MetricText.describe(stored), MetricText.describe(new))
    guard words.0 == words.1 else { return words }
    return ("\(stored.value) \(stored.unit)", "\(new.value) \(new.unit)")
  }

  /// What there is one figure of in a result.
  private struct Key: Hashable {
    let name: String
    let scope: String
    let provenance: Provenance

    init(_ metric: MetricRecord) {
      (name, scope, provenance) = (metric.name, metric.scope, metric.provenance)
    }
  }
}
