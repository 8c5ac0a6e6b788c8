import Experiments
import Quantities
import Simulation

/// What better figures would make of a step, as a table; those that change nothing with the reason.
struct SensitivityTable {
  let analysis: StepAnalysis

  /// The tables, line by line.
  var lines: [String] {
    let rows = analysis.sensitivities
    let moving = rows.filter { !$0.changesNothing }
    // Stable: of equals, the order of the figures.
    let ranked = moving.enumerated().sorted { left, right in
      (left.element.change, left.offset) < (right.element.change, right.offset)
    }.map(\.element)
    var lines: [String] = []
    if ranked.isEmpty {
      lines.append("No figure of the cluster changes the step time.")
    } else {
      var table = TextTable(columns: ["", "of the path", "step time", "change", "elasticity"])
      for row in ranked {
        table.add([
          Self.name(row), Percent.text(row.share), row.after.description, Percent.change(row.change),
          abs(row.elasticity) < 5e-5 ? "~0" : NumberText.format(row.elasticity, decimals: 4),
        ])
      }
      lines += table.lines
      for row in ranked {
        guard let options = row.newOptions else { continue }
        lines += HangingText.lines("  ", "With \(Self.name(row)) the choice is another: \(options).")
      }
    }
    let still = rows.filter(\.changesNothing)
    guard !still.isEmpty else { return lines }
    lines.append("Changes nothing:")
    let width = min(40, (still.map { Self.name($0).count }.max() ?? 0) + 4)
    if still.contains(where: { if case .offPath = $0.hidden { true } else { false } }) {
      lines[lines.count - 1] = "Changes nothing (slack: how much longer what it limits could last):"
    }
    for row in still { lines += HangingText.lines(("  " + Self.name(row)).padded(to: width), reason(row)) }
    return lines
  }

  /// Such as "+10 % bandwidth of ndr".
  private static func name(_ row: Sensitivity) -> String {
    let percent = NumberText.format(100 * (row.factor - 1), significantDigits: 4)
    return "\(row.factor > 1 ? "+" : "")\(percent) % \(row.knob)"
  }

  /// Why a better figure changes nothing.
  func reason(_ row: Sensitivity) -> String {
    switch row.hidden {
    case .unused(let carriesMessages):
      return carriesMessages || row.knob.figure == .bandwidth ? "carries no bytes" : "no message crosses it"
    case .behind(let other):
      let share = share(of: other)
      let part = share > 0 ? " (\(Percent.text(share)) of the path)" : ""
      switch row.knob.figure {
      case .bandwidth: return "hidden: \(other), no wider on its routes\(part)"
      case .messageOverhead: return "hidden: \(other), no smaller on its routes\(part)"
      default: return "hidden: \(other)\(part)"
      }
    case .limitsNothing: return "limits nothing in this step"
    case .offPath(let slack): return "hidden: \(hider) (\(hiderShare) of the path); slack \(slack)"
    case .equalChain(let other):
      return "another chain is as long without it" + (other.map { ": \($0) holds that" } ?? "")
    case nil: return ""
    }
  }

  /// The share of the critical path that a knob has.
  private func share(of knob: Knob) -> Double {
    analysis.sensitivities.first { $0.knob == knob }?.share ?? 0
  }

  private var hider: String {
    analysis.outcome.figures.criticalPath.rankedResources.first?.resource.description ?? "nothing"
  }

  private var hiderShare: String {
    let path = analysis.outcome.figures.criticalPath
    return Percent.text((path.rankedResources.first?.time ?? .zero) / path.total)
  }
}
