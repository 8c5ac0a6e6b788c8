/// One check of numbers against what they must equal: how far off, how far off is allowed, and why.
///
///     let row = Residual(
///       name: "attention", value: 3e-16, bound: 1e-15, source: "2 roundings of 1", reproduction: "--seed 1")
///     row.passes  // true
public struct Residual: Hashable, Sendable {
  /// What was checked, the same on every run.
  public var name: String
  /// Where it is worst: a head, a position, an element; empty where there is one place only.
  public var place: String
  /// The distance found, at least zero; NaN or infinite where something broke.
  public var value: Double
  /// The largest distance that rounding and truncation explain.
  public var bound: Double
  /// Where the bound comes from, in a few words.
  public var source: String
  /// The arguments and the seed that give this row again.
  public var reproduction: String

  /// Creates a row.
  ///
  /// - Parameters:
  ///   - name: What was checked.
  ///   - place: Where it is worst.
  ///   - value: The distance found.
  ///   - bound: The largest distance allowed.
  ///   - source: Where the bound comes from.
  ///   - reproduction: The arguments and the seed that give this row again.
  public init(
    name: String, place: String = "", value: Double, bound: Double, source: String, reproduction: String
  ) {
    self.name = name
    self.place = place
    self.value = value
    self.bound = bound
    self.source = source
    self.reproduction = reproduction
  }

  /// Whether the distance is within its bound; never for NaN.
  public var passes: Bool { value <= bound }

  /// The distance over its bound: above 1 is a miss; infinite for what is NaN or misses a bound of zero.
  public var ratio: Double {
    if value.isNaN || bound.isNaN { return .infinity }
    return value == 0 ? 0 : value / bound
  }

  /// The row with the largest ratio; the first of equals, nil of none.
  public static func worst(of rows: [Residual]) -> Residual? {
    rows.reduce(nil) { worst, row in
      guard let worst else { return row }
      return row.ratio > worst.ratio ? row : worst
    }
  }
}

/// Gathers the distances of one check from many places and keeps the one that is closest to its bound, or furthest past.
struct WorstResidual {
  private(set) var row: Residual
  private var isEmpty = true

  /// Nothing seen yet.
  init(_ name: String, source: String, reproduction: String) {
    row = Residual(name: name, value: 0, bound: 0, source: source, reproduction: reproduction)
  }

  /// Takes one distance into account.
  mutating func see(_ value: Double, within bound: Double, at place: @autoclosure () -> String = "") {
    var next = row
    next.value = value
    next.bound = bound
    guard isEmpty || next.ratio > row.ratio else { return }
    next.place = place()
    row = next
    isEmpty = false
  }
}
