import Experiments
import Quantities

/// The pictures of a data set of a validation in Vega-Lite, data included: a sample of rows, and quantiles by size.
public struct ValidationPlot {
  private static let schema: PlotValue = "https://vega.github.io/schema/vega-lite/v5.json"
  private let set: ValidationSet

  /// Creates the pictures of a set.
  public init(_ set: ValidationSet) { self.set = set }

  /// What was predicted against what was measured, on the sample; nil where the set has none.
  ///
  /// - Throws: `EncodingError` when a figure is not finite.
  public func scatter() throws -> String? {
    guard let low = times.min(), let high = times.max() else { return nil }
    let points = Self.data(
      ["measured", "predicted", "group"],
      set.points.map {
        ["\(Self.microseconds($0.measured))", "\(Self.microseconds($0.predicted))", $0.group]
      })
    let diagonal: PlotValue = [
      ["measured": .number(low), "predicted": .number(low)], ["measured": .number(high), "predicted": .number(high)],
    ]
    return try JSONText.encode(
      [
        "$schema": Self.schema,
        "title": .text("\(set.title): \(set.points.count) of \(set.figures.rows) rows, drawn by a seed"),
        "width": 420, "height": 420,
        "layer": [
          [
            "data": ["values": diagonal], "mark": ["type": "line", "color": "gray", "strokeDash": [4, 4]],
            "encoding": ["x": Self.axis("measured"), "y": Self.axis("predicted")],
          ],
          [
            "data": points, "mark": ["type": "point", "filled": true, "size": 18, "opacity": 0.7],
            "encoding": [
              "x": Self.axis("measured"), "y": Self.axis("predicted"),
              "color": ["field": "group", "type": "nominal", "title": ""],
              "shape": ["field": "group", "type": "nominal", "title": ""],
            ],
          ],
        ],
      ] as PlotValue) + "\n"
  }

  /// The error by size: its median, its quartiles, and its 10th and 90th percentile; nil where the set has none.
  ///
  /// - Throws: `EncodingError` when a figure is not finite.
  public func errorBySize() throws -> String? {
    guard !set.bins.isEmpty else { return nil }
    let values = Self.data(
      ["size", "rows", "p10", "p25", "p50", "p75", "p90", "group"],
      set.bins.map { bin in
        ["\(bin.size)", "\(bin.rows)"] + bin.quantiles.map { "\(Self.percent($0))" } + [bin.group]
      })
    func band(_ low: String, _ high: String, _ opacity: Double) -> PlotValue {
      [
        "mark": ["type": "area", "opacity": .number(opacity)],
        "encoding": ["x": Self.size(set.sizeName), "y": Self.error(low), "y2": ["field": .text(high)]],
      ]
    }
    return try JSONText.encode(
      [
        "$schema": Self.schema,
        "title": .text("\(set.title): error by size; median, quartiles, 10th and 90th percentile"),
        "data": values,
        "facet": ["field": "group", "type": "nominal", "title": ""], "columns": 2,
        "spec": [
          "width": 300, "height": 180,
          "layer": [
            band("p10", "p90", 0.2), band("p25", "p75", 0.35),
            [
              "mark": ["type": "line", "point": ["size": 16]],
              "encoding": ["x": Self.size(set.sizeName), "y": Self.error("p50")],
            ],
            ["mark": ["type": "rule", "strokeDash": [4, 4], "color": "gray"], "encoding": ["y": ["datum": 0]]],
          ],
        ],
      ] as PlotValue) + "\n"
  }

  /// Rows as comma-separated values, a line each: a tenth of what a mapping for each would take.
  private static func data(_ columns: [String], _ rows: [[String]]) -> PlotValue {
    [
      "values": .text(CSVText.lines(header: columns, rows: rows).joined(separator: "\n")),
      "format": ["type": "csv"],
    ]
  }

  private var times: [Double] {
    self.set.points.flatMap { [Self.microseconds($0.measured), Self.microseconds($0.predicted)] }
  }

  private static func axis(_ field: String) -> PlotValue {
    [
      "field": .text(field), "type": "quantitative", "title": .text("\(field), µs"), "scale": ["type": "log"],
      "axis": ["format": "~g"],
    ]
  }

  private static func size(_ name: String) -> PlotValue {
    [
      "field": "size", "type": "quantitative", "title": .text(name), "scale": ["type": "log", "base": 2],
      "axis": ["format": "d", "labelOverlap": "greedy", "labelSeparation": 8],
    ]
  }

  private static func error(_ field: String) -> PlotValue {
    ["field": .text(field), "type": "quantitative", "title": "predicted over measured - 1, %"]
  }

  /// As many digits as a picture shows, so that its file stays small.
  private static func short(_ value: Double) -> Double {
    Double(NumberText.format(value, significantDigits: 4)) ?? value
  }

  private static func microseconds(_ time: Seconds) -> Double { short(time.seconds * 1e6) }

  /// ln(predicted / measured) as per cent of what was measured.
  private static func percent(_ error: Double) -> Double { short(100 * ValidationSet.share(ofLogarithm: error)) }
}
