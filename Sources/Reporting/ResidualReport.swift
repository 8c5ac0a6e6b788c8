import CPUNumerics
import Quantities

/// Residuals beside their bounds, for a terminal: a table, what it comes to, and where the bounds come from.
public struct ResidualReport: Sendable {
  private let title: String
  private let residuals: [Residual]
  private let notes: [String]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - title: What was checked, on what.
  ///   - residuals: The rows.
  ///   - notes: What else there is to say, a paragraph each.
  public init(title: String, residuals: [Residual], notes: [String] = []) {
    self.title = title
    self.residuals = residuals
    self.notes = notes
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(columns: ["check", "closest to its bound", "residual", "bound", "share"])
    for row in residuals {
      table.add([
        row.name, row.place, Self.text(row.value), Self.text(row.bound), row.passes ? Self.text(row.ratio) : "MISS",
      ])
    }
    let bounds = self.bounds
    return TextTable.wrap(title, TextTable.widest) + [""] + table.lines + [""] + verdict
      + ["", "Where the bounds come from:"] + bounds + (notes.isEmpty ? [] : [""])
      + notes.flatMap { TextTable.wrap(TextTable.printable($0), TextTable.widest) }
  }

  /// Where the bounds come from; what many rows share is told once.
  private var bounds: [String] {
    let counts = Dictionary(grouping: residuals, by: \.source).mapValues(\.count)
    let width = residuals.filter { counts[$0.source, default: 0] <= 3 }.map(\.name.count).max() ?? 0
    var told: Set<String> = []
    return residuals.flatMap { row -> [String] in
      let count = counts[row.source, default: 0]
      guard count > 3 else { return HangingText.lines("\(row.name.padded(to: width))  ", row.source) }
      return told.insert(row.source).inserted ? HangingText.lines("\(count) of them  ", row.source) : []
    }
  }

  /// How many are within their bounds, the worst, and how to see it again.
  private var verdict: [String] {
    let misses = residuals.filter { !$0.passes }
    guard let worst = Residual.worst(of: residuals) else { return ["Nothing was checked."] }
    let place = worst.place.isEmpty ? "" : " at \(worst.place)"
    let summary =
      misses.isEmpty
      ? "All \(residuals.count) residuals are within their bounds."
      : "\(misses.count) of \(residuals.count) residuals are past their bounds."
    return TextTable.wrap(
      "\(summary) Worst: \(worst.name)\(place), \(Self.text(worst.ratio)) of its bound.", TextTable.widest)
      + TextTable.wrap("Again: \(worst.reproduction)", TextTable.widest)
  }

  private static func text(_ value: Double) -> String {
    guard value.isFinite, value != 0, abs(value) < 1e-3 || abs(value) >= 1e6 else {
      return NumberText.format(value, significantDigits: 3)
    }
    // Every small number with its power of ten, so that magnitudes can be read down the column.
    var (exponent, mantissa) = (0, abs(value))
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    var digits = NumberText.format(mantissa, decimals: 2)
    if digits == "10.00" { (digits, exponent) = ("1.00", exponent + 1) }
    return "\(value < 0 ? "-" : "")\(digits)e\(exponent)"
  }
}
