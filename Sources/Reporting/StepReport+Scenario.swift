import Experiments
import Quantities
import Scenarios

/// The part of the report that tells what a scenario made of the step.
extension StepReport {
  /// The lines of the heading that say what happens.
  var scenarioHeading: [(String, String)] {
    guard let scenario else { return [] }
    let count = scenario.replicationCount
    let drawn = count == 1 ? "" : "; \(count) replications, seed \(scenario.seed)"
    let summary = scenario.summary.isEmpty ? "" : ": \(scenario.summary)"
    let entries = scenario.entries
    return [
      ("Scenario", TextTable.printable("\(scenario.name)\(summary)\(drawn)")),
      ("", entries.isEmpty ? "nothing happens in it" : TextTable.printable(entries.joined(separator: "; "))),
    ]
  }

  /// The times, with how they spread and what the scenario costs.
  func addScenarioTimes(to table: inout TextTable) {
    let count = scenario?.replicationCount ?? 1
    row(&table, count > 1 ? "step time, simulated, p50 of \(count)" : "step time, simulated") {
      $0.figures.makespan.description
    }
    addComparison(to: &table)
    if count > 1 {
      row(&table, "  p5 to p95") { Self.range($0, { $0.percentile(5) }, { $0.percentile(95) }) }
      row(&table, "  least to most") { Self.range($0, \.least, \.most) }
    }
    row(&table, "without the scenario, simulated") { $0.scenario?.clean.makespan.description ?? "-" }
    row(&table, count > 1 ? "  the scenario adds, p50" : "  the scenario adds") { Self.cost($0, percentile: 50) }
    if count > 1 { row(&table, "  the scenario adds, p95") { Self.cost($0, percentile: 95) } }
    row(&table, "  closed form without it, slowest wire") { $0.closedForm.time.description }
    addKernelTimes(to: &table)
    addCollectiveTimes(to: &table)
    guard model.layers > 1 else { return }
    row(&table, count > 1 ? "\(allLayersName) at p50, simulated" : "\(allLayersName), simulated") {
      $0.allLayersTime.description
    }
    row(&table, "  without the scenario") { outcome in
      outcome.scenario.map { ($0.clean.makespan * Double(model.layers)).description } ?? "-"
    }
  }

  /// How the percentiles are meant, and which replication the rest of the table is of.
  var scenarioNotes: [String] {
    guard let scenario, scenario.replicationCount > 1 else { return [] }
    let shown = outcomes.map { "\($0.scenario?.replication ?? 0) of \($0.name)" }
    return TextTable.wrap(
      "Percentiles are by nearest rank: the least time that so many per cent of the replications don't exceed. What "
        + "follows the times is of the replication at p50: \(shown.joined(separator: ", ")).", TextTable.widest)
  }

  private static func range(
    _ outcome: StepOutcome, _ low: (Spread) -> Seconds, _ high: (Spread) -> Seconds
  ) -> String {
    outcome.scenario.map { "\(low($0.spread)) to \(high($0.spread))" } ?? "-"
  }

  private static func cost(_ outcome: StepOutcome, percentile: Int) -> String {
    guard let scenario = outcome.scenario else { return "-" }
    let cost = scenario.cost(scenario.spread.percentile(percentile))
    return abs(cost) < 5e-6 ? "nothing" : percent(cost)
  }
}
