import CPUNumerics

/// Residuals as JSON.
public struct ResidualDocument: Encodable, Sendable {
  /// One row; a number that is not finite is null.
  struct Row: Encodable, Sendable {
    var name: String
    var place: String
    var residual: Double?
    var bound: Double?
    var ratio: Double?
    var passed: Bool
    var boundSource: String
    var reproduction: String
  }

  let check: String
  let run: Int64?
  let seed: UInt64
  let passed: Bool
  let residuals: [Row]
  let notes: [String]?

  /// Describes the outcome of a check.
  ///
  /// - Parameters:
  ///   - check: What was checked, such as `theory`.
  ///   - number: The run's number in the database; nil when it was not stored.
  ///   - seed: The seed of the numbers.
  ///   - residuals: The rows.
  ///   - notes: What else there is to say; absent where there is nothing.
  public init(check: String, number: Int64?, seed: UInt64, residuals: [Residual], notes: [String] = []) {
    self.check = check
    run = number
    self.seed = seed
    self.notes = notes.isEmpty ? nil : notes
    passed = residuals.allSatisfy(\.passes)
    self.residuals = residuals.map { row in
      Row(
        name: row.name, place: row.place, residual: Self.finite(row.value), bound: Self.finite(row.bound),
        ratio: Self.finite(row.ratio), passed: row.passes, boundSource: row.source, reproduction: row.reproduction)
    }
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
