import CPUNumerics
import Quantities

/// What storing and adding in fewer bits costs, by the number of ranks and the order of the parts, for a terminal.
public struct PrecisionReport: Sendable {
  private let grid: PrecisionGrid
  private let curves: [PrecisionGrid.Curve]
  private let reproduction: String

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - grid: The cases.
  ///   - curves: What they came to.
  ///   - reproduction: What the command line must say to find the same again.
  public init(grid: PrecisionGrid, curves: [PrecisionGrid.Curve], reproduction: String) {
    self.grid = grid
    self.curves = curves
    self.reproduction = reproduction
  }

  /// The report, line by line.
  public var lines: [String] {
    var lines = TextTable.wrap(
      """
      Error of the output by execution of the programs, relative to its root mean square; the median of \
      \(grid.seeds.count) seeds. Arithmetic: against exact attention over the stored numbers, by ranks. Storage: what \
      storing Q, K and V changes, whatever the ranks. Growth: x where the error goes as ranks^x.
      """, TextTable.widest)
    for tokens in grid.tokens {
      lines += ["", "\(tokens) tokens"]
      var table = TextTable(
        columns: ["Q, K, V / partials", "order"] + grid.ranks.map { "\($0)" } + ["growth", "storage"])
      for curve in curves where curve.line.tokens == tokens {
        let kind = curve.line.kind
        table.add(
          ["\(kind.format.name) / \(kind.partialType.rawValue)", curve.line.order.rawValue]
            + curve.errors.map { Self.text($0) } + [
              curve.exponent.map { NumberText.format($0, decimals: 2) } ?? "-", Self.text(curve.storage),
            ])
      }
      lines += table.lines
    }
    return lines + [""] + conclusions + TextTable.wrap("Again: \(reproduction)", TextTable.widest)
  }

  /// What the curves say about ranks, in words.
  private var conclusions: [String] {
    var lines: [String] = []
    for order in PrecisionCase.Order.allCases {
      for narrow in [true, false] {
        let own = curves.filter { $0.line.order == order && ($0.line.kind.partialType != .fp32) == narrow }
        guard let first = grid.ranks.first, let last = grid.ranks.last, !own.isEmpty else { continue }
        let factors = own.compactMap { curve -> Double? in
          guard let start = curve.errors.first, let end = curve.errors.last, start > 0 else { return nil }
          return end / start
        }
        guard let least = factors.min(), let most = factors.max() else { continue }
        lines += HangingText.lines(
          "  ",
          """
          \(order.rawValue), partial results in \(narrow ? "16 bits" : "fp32"): the error on \(last) ranks is \
          \(NumberText.format(least, significantDigits: 2)) to \(NumberText.format(most, significantDigits: 2)) times \
          that on \(first).
          """)
      }
    }
    return ["Does the error grow with the number of ranks?"] + lines
  }

  private static func text(_ value: Double) -> String {
    guard value > 0 else { return "0" }
    var (exponent, mantissa) = (0, value)
    // What would be written as 10.0 belongs to the next power.
    while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return "\(NumberText.format(max(mantissa, 1), decimals: 1))e\(exponent)"
  }
}
