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
    let change = figures.makespan > .zero ? unlimited.stepTime / figures.makespan - 1 : 0
    let chosen = unlimited.newOptions.map { " (by \($0))" } ?? ""
    text +=
      "Infinitely fast, it would leave \(unlimited.stepTime)\(chosen), \(Percent.change(change))"
      + (unlimited.next.map { ", most of that in the \($0). " } ?? ". ")
    text += link
    return [text, advice].filter { !$0.isEmpty }
  }

  private var link: String {
    guard let link = analysis.outcome.figures.busiestLink else { return "Nothing is sent." }
    return
      "The busiest link, \(link.name) (\(link.linkClass)), is busy for \(Percent.text(link.utilization)) of the step."
  }

  /// Which figure of one class or type pays most.
  private var advice: String {
    let single = analysis.sensitivities.filter { $0.knob.target != nil && $0.change < -1e-4 }
    guard let best = single.min(by: { $0.change < $1.change }) else {
      return "No single figure of the cluster, better by \(percent) %, makes the step faster by more than 0.01 %."
    }
    return "Of single figures the \(best.knob) pays most: \(percent) % better, it makes the step "
      + "\(NumberText.format(-100 * best.change, significantDigits: 3)) % shorter."
  }

  private var percent: String { NumberText.format(100 * analysis.share, significantDigits: 4) }
}
