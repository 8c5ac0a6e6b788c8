import Experiments

/// A reproduction of a paper: published figures beside simulated ones, what does not add up, and the goals; as text for a
/// terminal and as a page of Markdown.
public struct ReproductionReport {
  private let paper: Paper
  private let outcomes: [PaperOutcome]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - paper: What was reproduced.
  ///   - outcomes: What came of each of its experiments.
  public init(_ paper: Paper, _ outcomes: [PaperOutcome]) {
    self.paper = paper
    self.outcomes = outcomes
  }

  private static let labels =
    "Every figure is labelled: published, in the paper; simulated, by Treeline's simulator; fitted, to the published "
    + "rows; closed form, by formula; assumed, a plausible value. Nothing here was measured by Treeline."

  private var pairs: [(PaperExperiment, PaperOutcome)] { Array(zip(paper.experiments, outcomes)) }

  private var goals: ReproductionSection? {
    let rows = pairs.compactMap { experiment, outcome in
      outcome.goal.map { [experiment.name, ReproductionWords.goal($0)] }
    }
    // Of a single experiment its own section says it.
    guard rows.count > 1 else { return nil }
    return ReproductionSection(title: "Goals", blocks: rows.map { .text("\($0[0]): \($0[1])") })
  }

  private var doubts: ReproductionSection? {
    let texts = pairs.flatMap { ReproductionDoubts.texts($0, $1) }
    guard !texts.isEmpty else { return nil }
    return ReproductionSection(title: "What does not add up", blocks: texts.map { .text($0) })
  }

  private var sections: [ReproductionSection] {
    pairs.map { ReproductionSection($0, $1) } + [doubts, goals].compactMap { $0 }
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines = TextTable.wrap("\(paper.title) (\(paper.source))", TextTable.widest)
    lines += [""] + TextTable.wrap(Self.labels, TextTable.widest)
    for section in sections { lines += [""] + section.lines }
    return lines
  }

  /// The report as a page of Markdown.
  ///
  /// - Parameters:
  ///   - command: What writes it, for its first lines.
  ///   - plot: The name of the file with the figure of speed-ups, for a link; nil for none.
  public func markdown(command: String, plot: String? = nil) -> String {
    var lines = ["# \(paper.title)", ""]
    lines += TextTable.wrap(
      "\(paper.source), reproduced. Written by `\(command)`; don't edit it by hand. \(Self.labels)", 120)
    if let plot {
      lines += ["", "The figure of speed-ups: [\(plot)](\(plot)), a Vega-Lite picture."]
    }
    for section in sections { lines += [""] + section.markdown }
    return lines.joined(separator: "\n") + "\n"
  }
}
