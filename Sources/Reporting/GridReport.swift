import Experiments
import Quantities
import Workloads

/// A grid of decode steps as one table: a row for each number of ranks and tokens, a column for each algorithm.
public struct GridReport: Sendable {
  private let model: ModelShape
  private let cells: [(experiment: DecodeExperiment, outcomes: [StepOutcome])]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - cells: The steps with what each algorithm came to, in the order of the rows.
  public init(model: ModelShape, cells: [(DecodeExperiment, [StepOutcome])]) {
    self.model = model
    self.cells = cells.map { (experiment: $0.0, outcomes: $0.1) }
  }

  /// The table, line by line, at most 100 columns wide.
  public var lines: [String] {
    guard let first = cells.first else { return [] }
    let names = first.outcomes.map(\.name)
    let compares = names.count > 1
    var table = TextTable(
      columns: ["ranks", "tokens"] + names.map { "\($0) step" } + names.map { "\($0) peak" }
        + (compares ? ["fastest", "ahead by"] : []))
    for cell in cells {
      let times = cell.outcomes.map(\.figures.makespan)
      var row = ["\(cell.experiment.ranks)", TokenCount(cell.experiment.workload.tokens).description]
      row += cell.outcomes.map { $0.figures.makespan.description + ($0.fit.fits ? "" : " !") }
      row += cell.outcomes.map { $0.figures.peak.bytes.description }
      if compares, let best = times.indices.min(by: { times[$0] < times[$1] }) {
        let others = times.indices.filter { $0 != best }.map { times[$0] }
        row.append(names[best])
        row.append(others.min().map { NumberText.format($0 / times[best], significantDigits: 3) + " x" } ?? "")
      }
      table.add(row)
    }
    let crossings = cells.contains { cell in cell.outcomes.contains { !$0.fit.fits } }
    return [
      "\(first.experiment.topology.name), \(model.name), \(first.experiment.workload.type.rawValue), "
        + "batch \(first.experiment.workload.batch): one decode step of one layer, simulated", "",
    ] + table.lines + (crossings ? ["", "! does not fit the memory of a device; the time is what it would take"] : [])
  }
}
