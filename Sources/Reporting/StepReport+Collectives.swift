import CollectiveModels
import Experiments
import Quantities

/// The part of the report that tells the step with its exchanges as NCCL runs them.
extension StepReport {
  /// The line of the heading that says which model timed them.
  var collectiveHeading: [(String, String)] {
    guard let collectives else { return [] }
    return [("NCCL", "all-reduces, all-gathers and hops as NCCL's by the profile \(collectives.name), fitted")]
  }

  /// The closed form with such exchanges, its interval, and what they take of it.
  func addCollectiveTimes(to table: inout TextTable) {
    guard collectives != nil else { return }
    row(&table, "with NCCL's collectives, closed form") { $0.collectives?.time.description ?? "-" }
    if outcomes.contains(where: { $0.collectives?.spread != nil }) {
      row(&table, "  80 % interval, by those of its parts") { outcome in
        outcome.collectives?.interval.map { "\($0.low) to \($0.high)" } ?? "-"
      }
    }
    row(&table, "  its collectives, fitted") { outcome in
      guard let found = outcome.collectives else { return "-" }
      let names = zip(found.exchanges, found.counts).map { exchange, count in
        "\(count) x \(exchange.time)"
      }
      return names.joined(separator: ", ")
    }
    row(&table, "    from") { outcome in
      guard let found = outcome.collectives else { return "-" }
      var titles: [String] = []
      for title in found.exchanges.map({ "\($0.choice.title), tier \($0.tier)" }) where !titles.contains(title) {
        titles.append(title)
      }
      return titles.joined(separator: "; ") + (found.extrapolations.isEmpty ? "" : ", extrapolated")
    }
  }

  /// Why such a step is extrapolated.
  var collectiveNotes: [String] {
    extrapolationNotes("NCCL's collectives are extrapolated") { $0.collectives?.extrapolations ?? [] }
  }
}
