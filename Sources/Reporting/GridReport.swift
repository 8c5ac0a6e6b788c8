import Experiments
import Quantities
import Scenarios
import Workloads

/// A grid of steps as one table: a row for each number of ranks and tokens, a column for each algorithm.
public struct GridReport: Sendable {
  private let model: ModelShape
  private let cells: [(experiment: StepExperiment, outcomes: [StepOutcome])]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - cells: The steps with what each algorithm came to, in the order of the rows.
  public init(model: ModelShape, cells: [(StepExperiment, [StepOutcome])]) {
    self.model = model
    self.cells = cells.map { (experiment: $0.0, outcomes: $0.1) }
  }

  /// The table, line by line, at most 100 columns wide.
  public var lines: [String] {
    guard let first = cells.first else { return [] }
    let names = first.outcomes.map(\.name)
    let compares = names.count > 1
    let scenario = first.experiment.scenario
    // Percentiles leave no room for peaks, which hardly depend on them.
    let showsPeaks = scenario.map { $0.replicationCount == 1 } ?? true
    var table = TextTable(
      columns: ["ranks", "tokens"] + names.flatMap { Self.timeColumns($0, scenario) }
        + (showsPeaks ? names.map { "\($0) peak" } : []) + (compares ? ["fastest", "ahead by"] : []))
    for cell in cells {
      let times = cell.outcomes.map(\.figures.makespan)
      var row = ["\(cell.experiment.ranks)", TokenCount(cell.experiment.workload.tokens).description]
      row += cell.outcomes.flatMap(Self.times)
      if showsPeaks { row += cell.outcomes.map { $0.figures.peak.bytes.description } }
      if compares, let best = times.indices.min(by: { times[$0] < times[$1] }) {
        let others = times.indices.filter { $0 != best }.map { times[$0] }
        row.append(names[best])
        row.append(others.min().map { NumberText.format($0 / times[best], significantDigits: 3) + " x" } ?? "")
      }
      table.add(row)
    }
    let crossings = cells.contains { cell in cell.outcomes.contains { !$0.fit.fits } }
    let notes =
      (crossings ? ["! does not fit the memory of a device; the time is what it would take"] : [])
      + (scenario.map { Self.notes($0) } ?? []) + kernelNotes
    return [
      "\(first.experiment.topology.name), \(model.name), \(first.experiment.workload.type.rawValue), "
        + "batch \(first.experiment.workload.batch): \(StepWords.stepOfOneLayer(cells.map(\.experiment.workload))), "
        + "simulated\(first.experiment.workload.isDecode ? "" : ", \(first.experiment.workload.mask.rawValue) mask")",
      "",
    ] + table.lines + (notes.isEmpty ? [] : [""] + notes)
  }

  /// How attention kernels were timed, and which steps are extrapolated.
  private var kernelNotes: [String] {
    let fitted =
      cells.first?.experiment.collectives.map {
        TextTable.wrap("the steps with NCCL's collectives by the profile \($0.name) are stored", TextTable.widest)
      } ?? []
    guard let kernels = cells.first?.experiment.kernels else { return fitted }
    let extrapolated = cells.filter { cell in
      cell.outcomes.contains { !($0.kernels?.extrapolations.isEmpty ?? true) }
    }
    var reasons: [String] = []
    for reason in cells.flatMap(\.outcomes).flatMap({ $0.kernels?.extrapolations ?? [] })
    where !reasons.contains(reason) { reasons.append(reason) }
    let places = extrapolated.map {
      "\($0.experiment.ranks) ranks, \(TokenCount($0.experiment.workload.tokens)) tokens"
    }
    let which =
      extrapolated.isEmpty
      ? ""
      : "; extrapolated at \(extrapolated.count == cells.count ? "all steps" : places.joined(separator: "; ")): "
        + reasons.joined(separator: "; ")
    return TextTable.wrap(
      "attention timed as \(kernels.software.title)'s kernels by the profile \(kernels.profile.name), fitted; intervals "
        + "are stored\(which)", TextTable.widest) + fitted
  }

  /// The names of the columns of an algorithm's times.
  private static func timeColumns(_ name: String, _ scenario: Scenario?) -> [String] {
    guard let scenario else { return ["\(name) step"] }
    return scenario.replicationCount > 1
      ? ["\(name) clean", "\(name) p50", "\(name) p95"] : ["\(name) clean", "\(name) step"]
  }

  /// The cells of an algorithm's times.
  private static func times(_ outcome: StepOutcome) -> [String] {
    let step = outcome.figures.makespan.description + (outcome.fit.fits ? "" : " !")
    guard let scenario = outcome.scenario else { return [step] }
    let clean = scenario.clean.makespan.description
    return scenario.spread.count > 1 ? [clean, step, scenario.spread.percentile(95).description] : [clean, step]
  }

  private static func notes(_ scenario: Scenario) -> [String] {
    let count = scenario.replicationCount
    let replications =
      count > 1
      ? "; p50 and p95 of \(count) replications by nearest rank, seed \(scenario.seed); the fastest is by p50" : ""
    return TextTable.wrap(
      "scenario \(scenario.name); clean: without it\(replications)", TextTable.widest)
  }
}
