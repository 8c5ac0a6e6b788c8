import CPUNumerics

/// The curves of a study of precision as a Vega-Lite picture, data included.
public struct PrecisionPlot: Encodable, Sendable {
  private let schema = "https://vega.github.io/schema/vega-lite/v5.json"
  private let title =
    "Root mean square error of attention's output, relative to its own, against the number of ranks (computed)"
  private let data: Values
  private let facet: Facet
  private let spec = Spec()

  /// Creates a picture: a panel for each kind of storage and number of tokens, a line for each order.
  public init(grid: PrecisionGrid, curves: [PrecisionGrid.Curve]) {
    // Else a viewer sorts them as words: 131072 before 16384.
    facet = Facet(
      row: Channel(field: "tokens", type: "nominal", title: "", sort: grid.tokens.map { Self.context($0) }),
      column: Channel(field: "kind", type: "nominal", title: "", sort: grid.kinds.map(\.name)))
    data = Values(
      values: curves.flatMap { curve in
        zip(grid.ranks, curve.errors).map { ranks, error in
          Point(
            ranks: ranks, error: error, order: curve.line.order.rawValue, kind: curve.line.kind.name,
            tokens: Self.context(curve.line.tokens))
        }
      })
  }

  /// The picture as text.
  ///
  /// - Throws: `EncodingError` when an error is not finite.
  public func json() throws -> String { try JSONText.encode(self) }

  private enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case title, data, facet, spec
  }

  private struct Values: Encodable, Sendable {
    let values: [Point]
  }

  private struct Point: Encodable, Sendable {
    let ranks: Int
    let error: Double
    let order: String
    let kind: String
    let tokens: String
  }

  private struct Facet: Encodable, Sendable {
    let row: Channel
    let column: Channel
  }

  private struct Spec: Encodable, Sendable {
    let width = 130
    let height = 170
    let mark = Mark()
    let encoding = Encoding()
  }

  private struct Mark: Encodable, Sendable {
    let type = "line"
    let point = true
  }

  private struct Scale: Encodable, Sendable {
    let type = "log"
    var base: Int?
  }

  private struct Encoding: Encodable, Sendable {
    let x = Channel(field: "ranks", type: "quantitative", title: "ranks", scale: Scale(base: 2))
    // Short: the axis of a panel is no longer than this.
    let y = Channel(field: "error", type: "quantitative", title: "relative rms error", scale: Scale())
    let color = Channel(field: "order", type: "nominal", title: "order")
    // Orders that give the same error lie on each other; dashes let the lower one be seen.
    let strokeDash = Channel(field: "order", type: "nominal", title: "order")
  }

  private struct Channel: Encodable, Sendable {
    var field: String
    var type: String
    var title: String
    var scale: Scale?
    var sort: [String]?
  }

  private static func context(_ tokens: Int) -> String { "\(tokens) tokens" }
}
