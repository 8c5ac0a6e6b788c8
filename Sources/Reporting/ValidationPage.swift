import Experiments
import Quantities
import ResultStore

/// A page of a stored validation in Markdown: every number of it is read from the run.
public struct ValidationPage {
  private let run: StoredRun
  /// The data sets of the run.
  public let sets: [ValidationSet]

  /// Reads the sets of a run.
  ///
  /// - Throws: `ValidationRecordError` where it is no validation.
  public init(_ run: StoredRun) throws(ValidationRecordError) {
    self.run = run
    var sets: [ValidationSet] = []
    for result in run.results { sets.append(try ValidationSet(result)) }
    guard !sets.isEmpty else {
      throw ValidationRecordError(description: "run \(run.id) is of the kind '\(run.run.kind)', expected a validation")
    }
    self.sets = sets
  }

  /// The pictures that belong beside the page: their names and texts.
  ///
  /// - Throws: `EncodingError` when a figure is not finite.
  public func plots() throws -> [(name: String, text: String)] {
    try sets.flatMap { set in
      let plot = ValidationPlot(set)
      return [
        try plot.scatter().map { (Self.scatterName(set), $0) }, try plot.errorBySize().map { (Self.sizeName(set), $0) },
      ].compactMap { $0 }
    }
  }

  /// The page.
  public var text: String {
    var known: Set<Substring> = []
    return (head + goals + sets.flatMap { section($0, Self.source($0, &known)) }).joined(separator: "\n") + "\n"
  }

  /// The files of a set, each with its hash where the page names it first.
  private static func source(_ set: ValidationSet, _ known: inout Set<Substring>) -> String {
    set.source.split(separator: "; ").map { file in
      known.insert(file).inserted ? String(file) : String(file.split(separator: ", SHA-256 ")[0])
    }.joined(separator: "; ")
  }

  private static func scatterName(_ set: ValidationSet) -> String { set.key + ".scatter.vl.json" }
  private static func sizeName(_ set: ValidationSet) -> String { set.key + ".by-size.vl.json" }

  private var head: [String] {
    [
      "# Predictions beside measurements", "",
      "Made by Treeline \(run.run.treelineVersion); don't edit. Every number is read from the run that this command stored:",
      "",
      "    \(run.run.command)", "",
      "Errors are of the predicted time: the median and the 90th percentile of |predicted / measured - 1|, and the bias, which is",
      "the median of ln(predicted / measured), below zero where predictions are too fast. Times beside rows are measured by",
      "others (*measured*) or predicted by fits (*fitted*); errors are *computed*. The pictures (Vega-Lite) hold a sample of the",
      "rows, drawn with the seed \(run.run.seed.map { "\($0)" } ?? "none"), and quantiles; none holds the data.", "",
    ]
  }

  private var goals: [String] {
    var lines = ["## Goals", "", "| data set | goal | found | |", "| --- | --- | --- | --- |"]
    for set in sets {
      for goal in set.goals {
        let found = set.figures.value(goal.metric).map { ValidationText.percent($0) + " %" } ?? ""
        lines.append(
          "| [\(set.title)](#\(Self.anchor(set.title))) | \(ValidationText.goal(goal)) | \(found) | "
            + "\(ValidationText.verdict(set, goal)) |")
      }
    }
    for text in ValidationText.open(sets) {
      lines.append("| \(text.data) | \(text.goal) | | not checked by this run |")
    }
    return lines + [""]
  }

  private func section(_ set: ValidationSet, _ source: String) -> [String] {
    var lines = ["## \(set.title)", "", "\(Self.capitalized(set.kind.rawValue)); \(source).", ""]
    lines += [
      "| rows of | rows | median | p90 | bias | the 80 % interval holds |", "| --- | --- | --- | --- | --- | --- |",
    ]
    lines.append(Self.figures("all", set.figures))
    if set.parts.count > 1 { lines += set.parts.map { Self.figures($0.name, $0.figures) } }
    lines.append("")
    let explanation = ValidationExplanation(set).lines
    if !explanation.isEmpty { lines += explanation + [""] }
    if !set.points.isEmpty {
      lines += [
        "Pictures: [predicted against measured](\(Self.scatterName(set))), [error by size](\(Self.sizeName(set))).", "",
      ]
    }
    guard !set.worst.isEmpty else { return lines }
    lines += ["| worst row | measured | predicted | factor | why |", "| --- | --- | --- | --- | --- |"]
    for row in set.worst {
      lines.append(
        "| \(row.name) | \(row.measured) | \(row.predicted) | \(ValidationText.ratio(row)) | "
          + "\(row.reason.isEmpty ? "not known" : row.reason) |")
    }
    return lines + [""]
  }

  private static func figures(_ name: String, _ figures: ValidationSet.Figures) -> String {
    "| \(name) | \(NumberText.grouped(Int64(figures.rows))) | \(ValidationText.percent(figures.median)) % | "
      + "\(ValidationText.percent(figures.ninetieth)) % | \(ValidationText.percent(figures.bias, signed: true)) % | "
      + (figures.coverage.map { ValidationText.percent($0) + " %" } ?? "-") + " |"
  }

  /// The name that GitHub gives to a heading.
  private static func anchor(_ title: String) -> String {
    String(title.lowercased().compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" ? $0 : nil })
  }

  private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
