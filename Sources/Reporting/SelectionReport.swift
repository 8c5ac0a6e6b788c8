import Collectives
import Quantities

/// What was compared when a collective's algorithm was left to the cost model.
struct SelectionReport {
  let name: String
  let selection: Selection

  var lines: [String] {
    let ranked = selection.table.filter { $0.cost != nil }
      .sorted { ($0.cost?.total ?? .zero, $0.algorithm.name) < ($1.cost?.total ?? .zero, $1.algorithm.name) }
    let others = ranked.filter { $0.algorithm != selection.algorithm }
      .map { "\($0.algorithm) \($0.cost?.total ?? .zero)" }
    let skipped = selection.table.compactMap { candidate in
      candidate.skipped.map { "\(candidate.algorithm) (skipped: \($0))" }
    }
    let text =
      "  \(name): \(selection.algorithm), \(selection.cost.total); compared with "
      + (others + skipped).joined(separator: ", ")
    return TextTable.wrap(text, TextTable.widest - 4).enumerated().map { ($0.offset == 0 ? "" : "    ") + $0.element }
  }
}
