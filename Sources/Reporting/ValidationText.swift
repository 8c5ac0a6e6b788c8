import Experiments
import Quantities

/// The words in which reports and pages tell of validations.
enum ValidationText {
  /// Such as `6.0`; signed `+6.0`.
  static func percent(_ share: Double, signed: Bool = false) -> String {
    CalibrationReport.percent(share, signed: signed)
  }

  /// Such as `median error at most 6.0 %`, `coverage at least 75.0 %`.
  static func goal(_ goal: ValidationSet.Goal) -> String {
    "\(goal.metric.replacing(" of the 80 % interval", with: "")) \(goal.isUpper ? "at most" : "at least") \(percent(goal.bound)) %"
  }

  /// What became of a goal.
  static func verdict(_ set: ValidationSet, _ goal: ValidationSet.Goal) -> String {
    set.meets(goal).map { $0 ? "met" : "missed" } ?? "not known"
  }

  /// A factor such as `0.27 x`.
  static func ratio(_ row: ValidationSet.Outlier) -> String {
    NumberText.format(row.predicted.seconds / max(row.measured.seconds, 1e-300), significantDigits: 3) + " x"
  }

  /// Goals of which this run says nothing, because no set of it is of them.
  static func open(_ sets: [ValidationSet]) -> [(data: String, goal: String)] {
    ValidationGoals.open.filter { goal in !sets.contains { $0.key.hasPrefix(goal.prefix) } }.map { ($0.data, $0.goal) }
  }
}
