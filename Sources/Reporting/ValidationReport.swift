import Experiments
import Quantities

/// What a validation says, as tables of text.
public struct ValidationReport {
  private let sets: [ValidationSet]

  /// Creates a report.
  public init(_ sets: [ValidationSet]) { self.sets = sets }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(columns: ["", "rows", "median %", "p90 %", "bias %", "80 % covers %"])
    for set in sets {
      table.add([set.title] + Self.figures(set.figures))
      // One part is the whole.
      guard set.parts.count > 1 else { continue }
      for part in set.parts { table.add(["  " + part.name] + Self.figures(part.figures)) }
    }
    var lines = table.lines + [""] + goals
    for set in sets where !set.worst.isEmpty {
      lines += ["", "Worst rows of \(set.title):", ""]
      var rows = TextTable(columns: ["", "measured", "predicted", "factor"])
      for row in set.worst {
        rows.add([row.name, row.measured.description, row.predicted.description, ValidationText.ratio(row)])
        rows.addHeading("    " + (row.reason.isEmpty ? "no reason known" : row.reason))
      }
      lines += rows.lines
    }
    return lines
  }

  private var goals: [String] {
    var table = TextTable(columns: ["data set", "goal", "found %", ""])
    for set in sets {
      for goal in set.goals {
        table.add([
          set.title, ValidationText.goal(goal),
          set.figures.value(goal.metric).map { ValidationText.percent($0) } ?? "", ValidationText.verdict(set, goal),
        ])
      }
    }
    for text in ValidationText.open(sets) { table.add([text.data, text.goal, "", "not checked"]) }
    return table.lines
  }

  private static func figures(_ figures: ValidationSet.Figures) -> [String] {
    [
      "\(figures.rows)", ValidationText.percent(figures.median), ValidationText.percent(figures.ninetieth),
      ValidationText.percent(figures.bias, signed: true), figures.coverage.map { ValidationText.percent($0) } ?? "",
    ]
  }
}
