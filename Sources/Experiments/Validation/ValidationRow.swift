import Quantities
import RealModule
import Topologies

/// A measured row, what was predicted of it, and what belongs to it.
public struct ValidationRow: Sendable {
  /// The line of its file.
  let line: Int
  /// What was measured, for a person.
  let name: String
  /// What it is drawn as, and summed up by.
  let group: String
  /// What its size is, such as its tokens.
  let size: Double
  /// What was measured.
  let measured: Seconds
  /// ln(predicted / measured).
  let error: Double
  /// Whether its 80 % interval holds what was measured; nil without an interval.
  let isCovered: Bool?

  var predicted: Seconds { measured * Double.exp(error) }
}

extension ValidationSet {
  /// How many of the worst rows are kept.
  static let worstCount = 10
  /// How many rows are drawn.
  static let pointCount = 300

  /// Sums up rows.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - seed: The seed of the draw of points.
  ///   - reason: Why a row is predicted badly, as far as the data tell.
  /// - Returns: Nil for no rows.
  init?(
    key: String, title: String, kind: Kind, source: String, sizeName: String, goals: [Goal], rows: [ValidationRow],
    seed: UInt64, reason: (ValidationRow) -> String
  ) {
    guard let figures = Figures(rows) else { return nil }
    let worst = rows.sorted { (abs($1.error), $0.line) < (abs($0.error), $1.line) }.prefix(Self.worstCount)
    let drawn = rows.map { (SeededHash.mix(seed, UInt64($0.line), 0), $0) }
      .sorted { ($0.0, $0.1.line) < ($1.0, $1.1.line) }.prefix(Self.pointCount)
      .map(\.1).sorted { $0.line < $1.line }
    let groups = Set(rows.map(\.group)).sorted()
    self.init(
      key: key, title: title, kind: kind, source: source, sizeName: sizeName, figures: figures, goals: goals,
      parts: groups.compactMap { group in
        Figures(rows.filter { $0.group == group }).map { Part(name: group, figures: $0) }
      },
      worst: worst.map { row in
        Outlier(name: row.name, measured: row.measured, predicted: row.predicted, reason: reason(row))
      },
      points: drawn.map { Point(group: $0.group, measured: $0.measured, predicted: $0.predicted) },
      bins: groups.flatMap { group in Self.bins(group, rows.filter { $0.group == group }) })
  }

  /// The errors of each power of two of the size, rounded.
  private static func bins(_ group: String, _ rows: [ValidationRow]) -> [Bin] {
    let octaves = Dictionary(grouping: rows) { Int(Double.log2($0.size).rounded()) }
    return octaves.keys.sorted().compactMap { octave in
      let errors = (octaves[octave] ?? []).map(\.error).sorted()
      let quantiles = Bin.shares.compactMap { OrderStatistics.quantile($0, ofSorted: errors) }
      guard quantiles.count == Bin.shares.count else { return nil }
      return Bin(group: group, size: Double.exp2(Double(octave)), rows: errors.count, quantiles: quantiles)
    }
  }
}
