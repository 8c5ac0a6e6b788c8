import Experiments
import KernelModels

/// What a calibration says of itself, as JSON; errors are shares, not percent.
public struct CalibrationDocument: Encodable {
  private struct Errors: Encodable {
    let name: String
    let rows: Int
    let median: Double
    let p90: Double
    let bias: Double
    var coverage: Double?
    var tierOneMedian: Double?
    var tierOneP90: Double?
  }

  private struct Phase: Encodable {
    let phase: String
    let file: String
    let rows: Int
    let used: Int
    let bad: [String]
    let setAside: [String]
    let flagged: [String]
    let crossValidation: [Errors]
    let devicesLeftOut: [Errors]
  }

  private let run: Int64?
  private let seed: UInt64
  private let folds: Int
  private let phases: [Phase]

  /// Creates a document.
  ///
  /// - Parameters:
  ///   - calibration: The calibration.
  ///   - number: The number that it is stored as; nil for one that is not.
  public init(_ calibration: KernelCalibration, number: Int64?) {
    run = number
    seed = calibration.seed
    folds = CrossValidation.foldCount
    phases = calibration.phases.map { phase in
      Phase(
        phase: phase.file.phase.rawValue, file: phase.file.name, rows: phase.file.rowCount,
        used: phase.file.measurements.count, bad: phase.file.bad.map { "\($0)" },
        setAside: phase.file.setAside.map { "\($0)" }, flagged: phase.file.flags.map { "\($0)" },
        crossValidation: phase.errorRows.map { row in
          Errors(
            name: row.name, rows: row.errors.rows, median: row.errors.median, p90: row.errors.ninetieth,
            bias: row.errors.bias, coverage: row.coverage, tierOneMedian: row.tierOne.median,
            tierOneP90: row.tierOne.ninetieth)
        },
        devicesLeftOut: phase.deviceRows.map { row in
          Errors(
            name: row.name, rows: row.errors.rows, median: row.errors.median, p90: row.errors.ninetieth,
            bias: row.errors.bias)
        })
    }
  }
}
