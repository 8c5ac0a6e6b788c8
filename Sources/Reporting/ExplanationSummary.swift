import Experiments
import Quantities
import Simulation

/// The answer to "why" in a few sentences: what binds the step, what is left without it, and what pays.
struct ExplanationSummary {
  let analysis: StepAnalysis

  var sentences: [String] {
    guard let unlimited = analysis.unlimited else { return ["Nothing in this step takes any time."] }
    let figures = analysis.outcome.figures
    let share = unlimited.time / figures.criticalPath.total
    var text =
      "Bound by the \(unlimited.resource): \(unlimited.time) of \(figures.makespan), \(Percent.text(share)) of the critical "
      + "path. "
    guard let left = unlimited.stepTime else { return [text + link, advice].filter { !$0.isEmpty } }
    let change = figures.makespan > .zero ? left / figures.makespan - 1 : 0
    let chosen = unlimited.newOptions.map { " (by \($0))" } ?? ""
    let next = unlimited.next.map { ", most of that in the \($0)" } ?? ""
    if change > -1e-6 {
      text +=
        "Infinitely fast, it alone would change nothing" + (unlimited.next.map { ": the \($0) is next" } ?? "") + ". "
    } else {
      text += "Infinitely fast, it would leave \(left)\(chosen), \(Percent.change(change))\(next). "
    }
    text += link
    return [text, advice].filter { !$0.isEmpty }
  }

  private var link: String {
    guard let link = analysis.outcome.figures.busiestLink else { return "Nothing is sent." }
    return
      "The busiest link, \(link.name) (\(link.linkClass)), is busy for \(Percent.text(link.utilization)) of the step."
  }

  /// Which figure of one class or type pays most, and which of all links or devices where that pays much more.
  private var advice: String {
    let paying = analysis.sensitivities.filter { $0.change < -1e-4 }
    let best = paying.filter { $0.knob.target != nil }.min { $0.change < $1.change }
    let together = paying.filter { $0.knob.target == nil }.min { $0.change < $1.change }
    var text = "No single figure of the cluster, better by \(percent) %, makes the step faster by more than 0.01 %."
    if let best {
      text =
        "Of single figures the \(best.knob) pays most: \(percent) % better, it makes the step \(Self.gain(best)) shorter."
    }
    if let together, together.change < 1.2 * (best?.change ?? 0) {
      text += " The \(together.knob) together: \(Self.gain(together))."
    }
    return text
  }

  private static func gain(_ row: Sensitivity) -> String {
    NumberText.format(-100 * row.change, significantDigits: 3) + " %"
  }

  private var percent: String { NumberText.format(100 * analysis.share, significantDigits: 4) }
}
