import ArgumentParser
import Configuration
import Experiments
import Foundation
import Reporting
import ResultStore

/// `treeline reproduce`: a paper's tables, figures and claims beside what is simulated.
struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reproduce a paper: published figures beside simulated ones, and what does not add up.",
    usage: "treeline reproduce <paper> [--page <file>] [--plot <file>] [<options>]",
    discussion: """
      A paper is a file of Experiments/paper that lists experiments, each a file with the published figures and their \
      source, the machine, the model and what is assumed of the published code. What a ring gets of its link (an overhead \
      for each hop and a bandwidth) is fitted to the published rows, one pair for all lengths of a machine; everything \
      else is simulated.

      EXAMPLES
        treeline reproduce tree-attention
        treeline reproduce mi300x-4 --no-store
        treeline reproduce tree-attention --json
        treeline reproduce tree-attention \\
          --page Experiments/paper/README.md \\
          --plot Experiments/paper/speed-up.vl.json
      """)

  @Argument(help: "A paper or one of its experiments by name (tree-attention), or the path of a file.")
  var paper: String

  @Option(help: ArgumentHelp("Write the report as a page of Markdown.", valueName: "file"))
  var page: String?

  @Option(help: ArgumentHelp("Write the figure of speed-ups as a Vega-Lite picture.", valueName: "file"))
  var plot: String?

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      for (option, path) in [("--page", page), ("--plot", plot)] {
        guard let path, [".yaml", ".yml"].contains(where: path.lowercased().hasSuffix) else { continue }
        throw UsageError("\(option): found '\(path)', which an experiment is called; expected another name")
      }
      if let page, let plot, OutputFile(option: "", path: page).target == OutputFile(option: "", path: plot).target {
        throw UsageError("--page and --plot: found '\(page)' for both, expected a file each")
      }
      let parallel = Parallel(jobs: try jobs.count())
      let paper = try Paper(self.paper, from: Environment.library)
      let figure = try figure(paper)
      let database = try storage.open()
      let progress = SharedProgress(total: paper.experiments.count, of: "experiments")
      defer { progress.finish() }
      let outcomes = try paper.experiments.map { experiment in
        defer { progress.advance() }
        return try experiment.run(on: parallel)
      }
      progress.finish()
      let report = ReproductionReport(paper, outcomes)
      if let plot, let figure, case .speedUp(let outcome) = outcomes[figure] {
        try OutputFile(option: "--plot", path: plot).write(try SpeedUpPlot(outcome).json() + "\n")
      }
      if let page {
        try OutputFile(option: "--page", path: page).write(
          report.markdown(command: "treeline reproduce \(paper.name) --page", plot: linkToPlot(from: page)))
      }
      let records = zip(paper.experiments, outcomes).map { $0.record($1) }
      let number = try database?.save(run: run(paper), inputs: inputs(paper), results: records)
      if json {
        try Output.write(JSONText.encode(ReproductionDocument(paper, outcomes, records, number: number)))
      } else {
        try Output.write(report.lines)
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
    }
  }

  /// The place of the first figure of speed-ups; nil where no picture is asked for.
  private func figure(_ paper: Paper) throws -> Int? {
    guard plot != nil else { return nil }
    let place = paper.experiments.firstIndex { experiment in
      if case .speedUp = experiment.subject { true } else { false }
    }
    guard let place else {
      throw UsageError("--plot: '\(self.paper)' has no figure of speed-ups, of which a picture could be made")
    }
    return place
  }

  /// The name of the picture, where it stands beside the page.
  private func linkToPlot(from page: String) -> String? {
    guard let plot else { return nil }
    let (text, picture) = (URL(fileURLWithPath: page), URL(fileURLWithPath: plot))
    let beside = text.deletingLastPathComponent().path == picture.deletingLastPathComponent().path
    return beside ? picture.lastPathComponent : nil
  }

  private func run(_ paper: Paper) -> RunRecord {
    .ofCommand(kind: "reproduce", note: "\(paper.name), \(paper.source)")
  }

  /// The texts of all experiments, each once.
  private func inputs(_ paper: Paper) -> [InputRecord] {
    var seen: Set<String> = []
    return paper.experiments.flatMap(\.inputs).filter { seen.insert($0.hash).inserted }
  }
}
