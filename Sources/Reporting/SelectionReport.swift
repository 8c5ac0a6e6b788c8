import Collectives
import Quantities

/// What was compared when a collective's algorithm was left to the cost model.
struct SelectionReport {
  let name: String
  let selection: Selection

  /// How many of the others are named; all are stored with the run and in its JSON.
  private static let named = 5

  var lines: [String] {
    let ranked = selection.table.filter { $0.cost != nil && $0.algorithm != selection.algorithm }
      .sorted { ($0.cost?.total ?? .zero, $0.algorithm.name) < ($1.cost?.total ?? .zero, $1.algorithm.name) }
    var others = ranked.prefix(Self.named).map { "\($0.algorithm) \($0.cost?.total ?? .zero)" }
    if ranked.count > Self.named, let last = ranked.last {
      others.append("\(ranked.count - Self.named) more up to \(last.algorithm) \(last.cost?.total ?? .zero)")
    }
    let skipped = selection.table.compactMap { candidate in
      candidate.skipped.map { "\(candidate.algorithm) (skipped: \($0))" }
    }
    var text = "\(name): \(selection.algorithm), \(selection.cost.total)"
    if !(others + skipped).isEmpty { text += "; compared with " + (others + skipped).joined(separator: ", ") }
    return TextTable.wrap(text, TextTable.widest - 4).enumerated().map {
      ($0.offset == 0 ? "  " : "    ") + $0.element
    }
  }
}
