import RealModule

/// Tier 2 of one log: what is left of ln(measured / tier 1), over the octaves of the size.
///
/// A kernel average over neighbouring sizes, robust and shrunk towards nothing where there are few rows: it knows no form, and
/// so says nothing of sizes that were not measured.
public struct SizeCurve: Hashable, Sendable {
  /// The least measured size, as log2 of bytes.
  public let least: Double
  /// The most.
  public let most: Double
  /// The rows.
  public let rows: Int
  /// The octave of the first value.
  let first: Int
  /// The values at whole octaves.
  let values: [Double]

  /// Creates a curve from its parts.
  init(least: Double, most: Double, rows: Int, first: Int, values: [Double]) {
    self.least = least
    self.most = most
    self.rows = rows
    self.first = first
    self.values = values
  }

  /// The width of the kernel, in octaves.
  private static let width = 0.6
  /// Where residuals begin to count as outliers.
  private static let outlier = 0.08
  /// What residuals are cut off at.
  private static let limit = 0.7

  /// The curve of some rows; nil for none.
  ///
  /// - Parameter rows: log2 of bytes and ln(measured / tier 1) of each.
  init?(_ rows: [(octave: Double, residual: Double)]) {
    guard let least = rows.map(\.octave).min(), let most = rows.map(\.octave).max() else { return nil }
    let rows = rows.map { ($0.octave, min(max($0.residual, -Self.limit), Self.limit)) }
    let (first, last) = (Int(least.rounded(.down)), Int(most.rounded(.up)))
    values = (first...last).map { node in
      let kernel = rows.map { octave, _ in
        let distance = (octave - Double(node)) / Self.width
        return Double.exp(-distance * distance / 2)
      }
      var weights = kernel
      var mean = 0.0
      var sum = 0.0
      for pass in 0..<3 {
        sum = weights.reduce(0, +)
        guard sum > 1e-9 else { return 0 }
        mean = zip(weights, rows).reduce(0) { $0 + $1.0 * $1.1.1 } / sum
        if pass < 2 {
          weights = zip(kernel, rows).map { $0 * min(1, Self.outlier / max(abs($1.1 - mean), 1e-12)) }
        }
      }
      let count = kernel.reduce(0, +)
      return mean * count / (count + 1)
    }
    self.least = least
    self.most = most
    self.first = first
    self.rows = rows.count
  }

  /// Whether a size was measured, or lies between measured ones.
  func covers(_ octave: Double) -> Bool { octave >= least - 1e-9 && octave <= most + 1e-9 }

  /// ln(time / tier 1) at a size; fades to nothing over the octave before the least and after the most.
  func value(_ octave: Double) -> Double {
    let inside = min(max(octave, least), most)
    let fade = max(0, 1 - abs(octave - inside))
    guard fade > 0, !values.isEmpty else { return 0 }
    let place = min(max(inside - Double(first), 0), Double(values.count - 1))
    let below = min(Int(place), values.count - 1)
    let above = min(below + 1, values.count - 1)
    return (values[below] + (values[above] - values[below]) * (place - Double(below))) * fade
  }
}
