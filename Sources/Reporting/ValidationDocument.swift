import Experiments

/// What a validation says, as JSON; errors are shares, not percent.
public struct ValidationDocument: Encodable {
  private let run: Int64?
  private let sets: [Item]
  private let notChecked: [String]

  private struct Figures: Encodable {
    let rows: Int
    let median: Double
    let p90: Double
    let bias: Double
    let coverage: Double?

    init(_ figures: ValidationSet.Figures) {
      rows = figures.rows
      median = figures.median
      p90 = figures.ninetieth
      bias = figures.bias
      coverage = figures.coverage
    }
  }

  private struct Goal: Encodable {
    let figure: String
    let bound: Double
    let atMost: Bool
    let met: Bool?
  }

  private struct Part: Encodable {
    let name: String
    let figures: Figures
  }

  private struct Row: Encodable {
    let name: String
    let measured: Double
    let predicted: Double
    let reason: String
  }

  private struct Item: Encodable {
    let key: String
    let title: String
    let kind: String
    let source: String
    let figures: Figures
    let goals: [Goal]
    let parts: [Part]
    let worst: [Row]

    init(_ set: ValidationSet) {
      key = set.key
      title = set.title
      kind = set.kind.rawValue
      source = set.source
      figures = Figures(set.figures)
      goals = set.goals.map { Goal(figure: $0.metric, bound: $0.bound, atMost: $0.isUpper, met: set.meets($0)) }
      parts = set.parts.map { Part(name: $0.name, figures: Figures($0.figures)) }
      worst = set.worst.map {
        Row(name: $0.name, measured: $0.measured.seconds, predicted: $0.predicted.seconds, reason: $0.reason)
      }
    }
  }

  /// Creates a document; the number is the run's, nil where it is not stored.
  public init(_ sets: [ValidationSet], number: Int64?) {
    run = number
    self.sets = sets.map(Item.init)
    notChecked = ValidationText.open(sets).map { "\($0.data): \($0.goal)" }
  }
}
