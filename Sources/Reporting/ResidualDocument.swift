import CPUNumerics
import Quantities

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

  /// A rate that was measured, in its unit.
  struct Rate: Encodable, Sendable {
    let name: String
    let unit: String
    let provenance: String
    let median: Double
    let least: Double
    let most: Double
    let repeats: Int
    let limit: String
    let limitMedian: Double
    let ofLimit: Double
  }

  let check: String
  /// What it ran on, where that matters.
  let machine: [String]?
  let rates: [Rate]?
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
  ///   - machine: What it ran on, where that matters.
  ///   - rates: What was measured beside.
  public init(
    check: String, number: Int64?, seed: UInt64, residuals: [Residual], notes: [String] = [], machine: [String] = [],
    rates: [KernelRate] = []
  ) {
    self.check = check
    self.machine = machine.isEmpty ? nil : machine
    self.rates =
      rates.isEmpty
      ? nil
      : rates.map { rate in
        Rate(
          name: rate.name, unit: rate.unit.rawValue, provenance: Provenance.measured.rawValue, median: rate.median,
          least: rate.rates.min() ?? 0, most: rate.rates.max() ?? 0, repeats: rate.rates.count, limit: rate.limit,
          limitMedian: rate.limitMedian, ofLimit: rate.ofLimit)
      }
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
