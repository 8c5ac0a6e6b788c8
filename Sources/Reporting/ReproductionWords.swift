import Experiments
import Quantities

/// Figures of a reproduction as its tables have them.
enum ReproductionWords {
  /// Milliseconds with two digits after the point.
  static func milliseconds(_ time: Seconds) -> String { NumberText.format(time.seconds * 1000, decimals: 2) }

  /// A figure with three significant digits.
  static func short(_ time: Seconds) -> String { time.formatted(significantDigits: 3) }

  /// A rate with three significant digits.
  static func short(_ rate: BytesPerSecond) -> String { rate.formatted(significantDigits: 3) }

  /// Such as "4280 times".
  static func times(_ factor: Double) -> String {
    guard factor < 1e6 else { return "\(NumberText.format(factor / 1e6, significantDigits: 3)) million times" }
    return "\(NumberText.format(factor, significantDigits: 3)) time\(factor == 1 ? "" : "s")"
  }

  /// By how much a figure differs from another, in percent, with its sign.
  static func off(_ figure: Double, from other: Double) -> String {
    CalibrationReport.percent(figure / other - 1, signed: true) + " %"
  }

  /// Such as "128k".
  static func tokens(_ count: Int) -> String { TokenCount(count).description }

  /// The goal of an experiment, and whether it is met.
  static func goal(_ goal: (goal: ReproductionGoal, worst: Double)) -> String {
    let verdict = goal.worst <= 1 ? "met" : "missed"
    return switch goal.goal {
    case .standardError:
      "within the published standard error; the worst row is \(NumberText.format(goal.worst, decimals: 2)) of it "
        + "off: \(verdict)."
    case .relative(let share):
      "within \(Percent.text(share)); the worst figure is "
        + "\(Percent.text(goal.worst * share)) off: \(verdict)."
    }
  }
}
