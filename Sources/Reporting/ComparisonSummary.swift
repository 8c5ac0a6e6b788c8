import Quantities
import ResultStore

/// Sentences that say what became of the step times of two runs, and which resource explains it.
struct ComparisonSummary {
  let comparison: RunComparison

  var sentences: [String] {
    var labels: [String] = []
    for metric in comparison.metrics where !labels.contains(metric.label) { labels.append(metric.label) }
    return labels.compactMap(sentence)
  }

  /// What became of one result; nil when either run has no simulated step time for it.
  private func sentence(_ label: String) -> String? {
    let metrics = comparison.metrics.filter { $0.label == label }
    guard
      let step = metrics.first(where: {
        $0.name == MetricRecord.stepTimeName && $0.first?.provenance == .simulated
          && $0.second?.provenance == .simulated
      }), let before = step.first?.value.real, let after = step.second?.value.real
    else { return nil }
    let resources = metrics.filter { $0.name == "critical resource" }
    guard before != after else {
      guard !comparison.inputs.isEmpty || !comparison.settings.isEmpty else { return nil }
      let largest = resources.max { Self.time($0.first) < Self.time($1.first) }
      let hidden = largest.map { ": \($0.scope) takes \(Self.percent(Self.time($0.first), of: before)) of it" } ?? ""
      return
        "\(label): the step time is the same, \(Seconds(before))\(hidden), and what changed is not on its critical path."
    }
    let largestNow = resources.max { Self.time($0.second) < Self.time($1.second) }
    guard abs(after / before - 1) >= Self.hardly else {
      let percent = NumberText.format(100 * (after / before - 1), significantDigits: 2)
      let bound = largestNow.map { ": \($0.scope) takes \(Self.percent(Self.time($0.second), of: after)) of it" } ?? ""
      return "\(label): the step time hardly changes (\(percent) %), \(Seconds(after))\(bound)."
    }
    let moved = resources.max { Self.change($0) < Self.change($1) }
    let why = moved.map { resource in
      "; most of it in the \(resource.scope), which took \(Seconds(Self.time(resource.first))) of the critical path "
        + "and now takes \(Seconds(Self.time(resource.second)))"
    }
    let bound = largestNow.map { ". Now \($0.scope) takes \(Self.percent(Self.time($0.second), of: after))" } ?? ""
    return "\(label): the step time went from \(Seconds(before)) to \(Seconds(after))\(why ?? "")\(bound)."
  }

  /// The relative change below which a step time counts as hardly changed.
  private static let hardly = 0.001

  private static func time(_ record: MetricRecord?) -> Double { record?.value.real ?? 0 }

  private static func change(_ metric: RunComparison.Metric) -> Double {
    abs(time(metric.second) - time(metric.first))
  }

  private static func percent(_ part: Double, of whole: Double) -> String {
    NumberText.format(100 * part / whole, significantDigits: 3) + " %"
  }
}
