import Experiments
import Quantities
import ResultStore
import Simulation

/// Why the algorithms of a stored run take the time that they take, for a terminal.
public struct ExplanationReport: Sendable {
  private let stored: StoredRun
  private let recipe: StepRecipe
  private let reruns: [Rerun]
  private let isFull: Bool

  /// The most stretches of time that fit a chart.
  public static let mostBins = 60

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - stored: The run.
  ///   - recipe: What it was made from.
  ///   - reruns: Its algorithms, run again, with links in at most ``mostBins`` stretches.
  ///   - isFull: Whether every stretch of the critical path is a line of its own.
  public init(stored: StoredRun, recipe: StepRecipe, reruns: [Rerun], isFull: Bool) {
    self.stored = stored
    self.recipe = recipe
    self.reruns = reruns
    self.isFull = isFull
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    let experiment = recipe.experiment
    let words = StepWords(workload: experiment.workload)
    let heading =
      "Run \(stored.id): \(recipe.model.model.name) on \(experiment.ranks) ranks of \(recipe.topology.topology.name), "
      + "\(TokenCount(experiment.workload.tokens)) tokens, batch \(experiment.workload.batch), "
      + "\(experiment.workload.type.rawValue)\(words.queries): \(words.stepOfOneLayer)"
    return TextTable.wrap(TextTable.printable(heading), TextTable.widest)
      + reruns.flatMap { [""] + lines(of: $0) }
  }

  private func lines(of rerun: Rerun) -> [String] {
    let analysis = rerun.analysis
    let title = "\(rerun.stored.label): \(rerun.time) (\(analysis.outcome.options))"
    let percent = NumberText.format(100 * analysis.share, significantDigits: 4)
    var lines = Self.title(title)
    lines += Self.paragraph(rerun.verdict(storedVersion: stored.run.treelineVersion))
    lines += [""] + ExplanationSummary(analysis: analysis).sentences.flatMap(Self.paragraph)
    lines += [""] + pathLines(rerun)
    lines +=
      ["", "What the time of the critical path went into"] + Self.resources(analysis.outcome.figures.criticalPath)
    lines += [""] + Self.links(rerun.links)
    lines +=
      [""]
      + Self.paragraph(
        "What figures better by \(percent) % would make of the step, each by running it again (elasticity: by how many per "
          + "cent the step time changes for each per cent of the figure)")
    return lines + SensitivityTable(analysis: analysis).lines
  }

  private static func title(_ text: String) -> [String] {
    let lines = TextTable.wrap(TextTable.printable(text), TextTable.widest)
    return lines + [String(repeating: "═", count: lines.map(\.count).max() ?? 0)]
  }

  private static func paragraph(_ text: String) -> [String] {
    TextTable.wrap(TextTable.printable(text), TextTable.widest)
  }

  private func pathLines(_ rerun: Rerun) -> [String] {
    let steps = rerun.path
    let fold = PathFold(steps, isFull: isFull)
    let lineCount = fold.blocks.reduce(0) { $0 + $1.lines.count }
    let folded =
      lineCount < steps.count ? ", like ones on one line (--full has each; a folded line gives the time of all)" : ""
    let count = "\(steps.count) \(steps.count == 1 ? "stretch" : "stretches")"
    return Self.paragraph("The critical path, what set the step time: \(count)\(folded)")
      + PathTable(fold: fold, makespan: rerun.time).lines
  }

  private static func resources(_ path: CriticalPath) -> [String] {
    var table = TextTable(columns: ["resource", "part", "time", "share"])
    for (resource, time) in path.rankedResources {
      table.add([resource.description, resource.part.rawValue, time.description, Percent.text(time / path.total)])
    }
    return table.lines
  }

  private static func links(_ utilization: LinkUtilization) -> [String] {
    guard !utilization.rows.isEmpty else { return ["Links: nothing was sent."] }
    let bins = utilization.bins
    let columns = max(1, mostBins / bins)
    let stretches = bins == 1 ? "1 stretch" : "\(bins) stretches"
    var table = TextTable(columns: ["", "0 s to \(utilization.width * Double(bins))", "average", "at most"])
    for row in utilization.rows {
      let used = row.usedLinks == row.links ? "\(row.links)" : "\(row.usedLinks) of \(row.links)"
      let bytes = Bytes(Int64(row.bytes.reduce(0, +).rounded()))
      table.addHeading("\(row.linkClass) (\(row.tier.rawValue)), \(used) links, \(bytes); most on \(row.busiestLink)")
      for (name, shares) in [("mean", row.mean), ("busiest", row.busiest)] {
        table.add([
          "  " + name, BlockChart.row(shares, columns: columns),
          Percent.text(shares.reduce(0, +) / Double(bins)), Percent.text(shares.max() ?? 0),
        ])
      }
    }
    return paragraph(
      "Share of their bandwidth that links use, in \(stretches) of \(utilization.width): █ is all of it, · nothing")
      + table.lines
      + paragraph(
        "A message's bytes are spread evenly from its first byte's arrival to its last's, on all its links at once. Mean: "
          + "of the links that carried bytes. Busiest: the one that carried most.")
  }
}
