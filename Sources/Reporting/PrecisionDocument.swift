import CPUNumerics

/// The curves of a study of precision as JSON.
public struct PrecisionDocument: Encodable, Sendable {
  /// The number under which it is stored; absent when it is not.
  let run: Int64?
  let seed: UInt64
  let seeds: Int
  /// What errors are relative to.
  let relativeTo = "root mean square of the exact output"
  let curves: [Curve]

  /// One curve.
  struct Curve: Encodable, Sendable {
    let tokens: Int
    let stored: String
    let partials: String
    let order: String
    let ranks: [Int]
    let arithmeticErrors: [Double]
    let storageError: Double
    let growthWithRanks: Double?
    let worstOverBound: Double
  }

  /// Creates a document.
  public init(number: Int64?, seed: UInt64, grid: PrecisionGrid, curves: [PrecisionGrid.Curve]) {
    run = number
    self.seed = seed
    seeds = grid.seeds.count
    self.curves = curves.map { curve in
      Curve(
        tokens: curve.line.tokens, stored: curve.line.kind.format.name, partials: curve.line.kind.partialType.rawValue,
        order: curve.line.order.rawValue, ranks: grid.ranks, arithmeticErrors: curve.errors,
        storageError: curve.storage, growthWithRanks: curve.exponent, worstOverBound: curve.worstOverBound)
    }
  }
}
