import Experiments
import ResultStore

/// A reproduction as JSON: every figure as it is stored, in base units, with where it comes from.
public struct ReproductionDocument: Encodable {
  private struct Figure: Encodable {
    let name: String
    let scope: String
    let value: Double
    let unit: String
    let provenance: String
  }

  private struct Experiment: Encodable {
    let name: String
    let title: String
    let source: String
    let goalMet: Bool?
    let figures: [Figure]
    let doubts: [String]
  }

  private let run: Int64?
  private let name: String
  private let title: String
  private let source: String
  private let experiments: [Experiment]

  /// Creates a document.
  ///
  /// - Parameters:
  ///   - paper: What was reproduced.
  ///   - outcomes: What came of each of its experiments.
  ///   - records: The same as it is stored.
  ///   - number: The number that it is stored as; nil for one that is not.
  public init(_ paper: Paper, _ outcomes: [PaperOutcome], _ records: [ResultRecord], number: Int64?) {
    run = number
    name = paper.name
    title = paper.title
    source = paper.source
    experiments = zip(zip(paper.experiments, outcomes), records).map { pair, record in
      let (experiment, outcome) = pair
      return Experiment(
        name: experiment.name, title: experiment.title, source: experiment.source,
        goalMet: outcome.goal.map { $0.worst <= 1 },
        figures: record.metrics.map {
          Figure(
            name: $0.name, scope: $0.scope, value: $0.value.real, unit: $0.unit, provenance: $0.provenance.rawValue)
        }, doubts: ReproductionDoubts.texts(experiment, outcome))
    }
  }
}
