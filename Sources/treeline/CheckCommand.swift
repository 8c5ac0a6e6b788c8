import ArgumentParser
import CPUNumerics
import Foundation
import Reporting
import ResultStore

/// `treeline check`: whether the mathematics holds, by numbers.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the mathematics by numbers: residuals beside the bounds that rounding explains.",
    discussion: """
      EXAMPLES
        treeline check theory
        treeline check theory --seed 7 --heads 2 --tokens 64 --head-dim 32
        treeline check attention --ranks 2,3,16
        treeline check precision --plot precision.vl.json
        treeline check program --mutations 100
        treeline check kernels --rates
      """,
    subcommands: [
      CheckTheory.self, CheckAttention.self, CheckProgram.self, CheckPrecision.self, CheckKernels.self,
    ])
}

/// What a check found is past what rounding and truncation explain: a bug of ours.
struct CheckFailure: Error, CustomStringConvertible {
  let description: String

  /// Names the worst of the rows that miss their bounds; nil when all are within.
  init?(_ residuals: [Residual]) {
    guard let worst = Residual.worst(of: residuals.filter { !$0.passes }) else { return nil }
    let place = worst.place.isEmpty ? "" : " (\(worst.place))"
    description = """
      \(worst.name)\(place): found a residual of \(worst.value), expected at most \(worst.bound) \
      (\(worst.source)); again: \(worst.reproduction)
      """
  }
}

/// What is stored and printed of a check.
struct CheckRecords {
  /// The name of the check, such as `theory`.
  let name: String
  /// Its sizes in a canonical text.
  let options: String
  /// The seed.
  let seed: UInt64
  /// The number of keys.
  let tokens: Int
  /// What it found.
  let residuals: [Residual]
  /// What it ran on, where that matters, a line each.
  var machine: [String] = []
  /// What was measured beside.
  var rates: [KernelRate] = []

  /// Stores a check and prints it, as JSON or as a table under a title.
  ///
  /// - Parameter notes: What else a person should read, below the table.
  /// - Throws: ``CheckFailure`` when a residual is past its bound, once all is stored and printed.
  func report(
    _ title: String, notes: [String] = [], asJSON: Bool, to database: ResultDatabase?, _ storage: StorageOptions
  ) throws {
    let results = [result] + (rates.isEmpty ? [] : [rateResult])
    let number = try database?.save(run: run, inputs: [], results: results)
    if asJSON {
      try Output.write(
        JSONText.encode(
          ResidualDocument(
            check: name, number: number, seed: seed, residuals: residuals, notes: notes, machine: machine, rates: rates)
        ))
    } else {
      try Output.write(ResidualReport(title: title, residuals: residuals, notes: notes).lines)
      if !machine.isEmpty { try Output.write([""] + KernelRateReport(machine: machine, rates: rates).lines) }
      try Output.write(storage.closingLines([number].compactMap { $0 }))
    }
    if let failure = CheckFailure(residuals) { throw failure }
  }

  /// The run of kind `check`.
  var run: RunRecord {
    .ofCommand(kind: "check", seed: seed, tokens: Int64(tokens))
  }

  /// Every residual and its bound, but for numbers that are not finite, and the count of those past their bounds.
  var result: ResultRecord {
    func metric(_ name: String, _ row: Residual, _ value: Double) -> MetricRecord? {
      guard value.isFinite else { return nil }
      return MetricRecord(name: name, scope: row.name, value: .real(value), unit: "", provenance: .computed)
    }
    let figures = residuals.flatMap { row in
      [metric("residual", row, row.value), metric("residual bound", row, row.bound)].compactMap { $0 }
    }
    let misses = MetricRecord(
      name: "residuals past their bounds", value: .integer(Int64(residuals.count { !$0.passes })), unit: "",
      provenance: .computed)
    return ResultRecord(
      label: name, algorithm: name, options: ([options] + machine).joined(separator: "; "), metrics: figures + [misses])
  }

  /// What was measured, with the machine that it was measured on.
  private var rateResult: ResultRecord {
    let metrics = rates.flatMap { rate in
      [
        ("rate", rate.median, rate.unit.rawValue), ("least rate", rate.rates.min() ?? 0, rate.unit.rawValue),
        ("most rate", rate.rates.max() ?? 0, rate.unit.rawValue),
        ("rate of the \(rate.limit)", rate.limitMedian, rate.unit.rawValue), ("share of the limit", rate.ofLimit, ""),
      ].map { name, value, unit in
        MetricRecord(name: name, scope: rate.name, value: .real(value), unit: unit, provenance: .measured)
      }
    }
    let repeats = "repeats=\(rates.first?.rates.count ?? 0)"
    return ResultRecord(
      label: "\(name), rates on this CPU", algorithm: name, options: ([repeats] + machine).joined(separator: "; "),
      metrics: metrics)
  }
}
