import Experiments

/// Speed-ups by ranks and tokens as a Vega-Lite picture, data included: as simulated, and with the fixed cost in both that
/// the published factor implies.
public struct SpeedUpPlot: Encodable, Sendable {
  private let schema = "https://vega.github.io/schema/vega-lite/v5.json"
  private let title = "How many times as fast as a ring a tree decodes, one attention block"
  private let hconcat: [Panel]

  /// Creates a picture.
  public init(_ outcome: SpeedUpOutcome) {
    let order = outcome.figure.tokens.sorted().map { ReproductionWords.tokens($0) }
    func points(_ times: (SpeedUpOutcome.Cell) -> Double) -> [Point] {
      outcome.cells.map {
        Point(ranks: $0.ranks, times: times($0), tokens: ReproductionWords.tokens($0.tokens), kind: "simulated")
      }
    }
    let published = outcome.claims.map { claim in
      Point(
        ranks: claim.cell.ranks, times: claim.published.times, tokens: ReproductionWords.tokens(claim.cell.tokens),
        kind: "published")
    }
    var panels = [
      Panel(title: "as described (simulated)", points: points(\.times), published: published, order: order),
      Panel(
        title: "the published code (simulated)", points: points(\.publishedTimes), published: published, order: order),
    ]
    if let claim = outcome.claims.first, claim.fixedCost > .zero {
      panels.append(
        Panel(
          title: "with \(ReproductionWords.short(claim.fixedCost)) more in both (closed form)",
          points: points { $0.times(with: claim.fixedCost) }, published: published, order: order))
    }
    hconcat = panels
  }

  /// The picture as text.
  ///
  /// - Throws: `EncodingError` when a figure is not finite.
  public func json() throws -> String { try JSONText.encode(self) }

  private enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case title, hconcat
  }

  private struct Point: Encodable, Sendable {
    let ranks: Int
    let times: Double
    let tokens: String
    let kind: String
  }

  private struct Panel: Encodable, Sendable {
    let title: String
    let width = 220
    let height = 260
    let layer: [Layer]

    init(title: String, points: [Point], published: [Point], order: [String]) {
      self.title = title
      layer = [
        Layer(data: Values(values: points), mark: Mark(type: "line", point: true), encoding: Encoding(order)),
        Layer(
          data: Values(values: published), mark: Mark(type: "point", shape: "diamond", size: 180, filled: true),
          encoding: Encoding(order)),
      ]
    }
  }

  private struct Layer: Encodable, Sendable {
    let data: Values
    let mark: Mark
    let encoding: Encoding
  }

  private struct Values: Encodable, Sendable {
    let values: [Point]
  }

  private struct Mark: Encodable, Sendable {
    var type: String
    var point: Bool?
    var shape: String?
    var size: Int?
    var filled: Bool?
  }

  private struct Scale: Encodable, Sendable {
    let type = "log"
    var base: Int?
  }

  private struct Axis: Encodable, Sendable {
    let values: [Int]
  }

  private struct Channel: Encodable, Sendable {
    var field: String
    var type: String
    var title: String
    var scale: Scale?
    var sort: [String]?
    var axis: Axis?
  }

  private struct Encoding: Encodable, Sendable {
    let x = Channel(
      field: "ranks", type: "quantitative", title: "GPUs", scale: Scale(base: 2),
      axis: Axis(values: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]))
    let y = Channel(
      field: "times", type: "quantitative", title: "ring over tree (diamond: published)", scale: Scale())
    let color: Channel

    init(_ order: [String]) {
      // Else a viewer sorts them as words.
      color = Channel(field: "tokens", type: "nominal", title: "tokens", sort: order)
    }
  }
}
