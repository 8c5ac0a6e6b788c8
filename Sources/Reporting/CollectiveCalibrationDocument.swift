import CollectiveModels
import Experiments
import Fitting

/// What a calibration of collectives says of itself, as JSON; errors are shares, not percent.
public struct CollectiveCalibrationDocument: Encodable {
  private struct File: Encodable {
    let name: String
    let rows: Int
    let used: Int
    let bad: [String]
    let setAside: [String]
  }

  private struct Errors: Encodable {
    let name: String
    let rows: Int
    let median: Double
    let p90: Double
    let bias: Double
    let coverage: Double?
    let tierOneMedian: Double
    let tierOneP90: Double

    init(_ row: CollectiveErrorRow) {
      name = row.name
      rows = row.errors.rows
      median = row.errors.median
      p90 = row.errors.ninetieth
      bias = row.errors.bias
      coverage = row.coverage
      tierOneMedian = row.tierOne.median
      tierOneP90 = row.tierOne.ninetieth
    }
  }

  private let run: Int64?
  private let seed: UInt64
  private let files: [File]
  private let crossValidation: [Errors]
  private let sizesOutByCollective: [Errors]
  private let mostGpusOutByCollective: [Errors]
  private let logsOut: [Errors]
  private let clustersOut: [Errors]
  private let intervals: [String: [Double]]

  /// Creates a document.
  ///
  /// - Parameters:
  ///   - calibration: The calibration.
  ///   - number: The number that it is stored as; nil for one that is not.
  public init(_ calibration: CollectiveCalibration, number: Int64?) {
    run = number
    seed = calibration.seed
    files = calibration.files.map { file in
      File(
        name: file.name, rows: file.rowCount, used: file.measurements.count, bad: file.bad.map { "\($0)" },
        setAside: file.setAside.map { "\($0)" })
    }
    crossValidation = calibration.schemeRows.map { Errors($0) }
    sizesOutByCollective = calibration.collectiveRows(.sizes).map { Errors($0) }
    mostGpusOutByCollective = calibration.collectiveRows(.mostRanksAlone).map { Errors($0) }
    logsOut = calibration.logRows(.log).map { Errors($0) }
    clustersOut = calibration.logRows(.cluster).map { Errors($0) }
    intervals = Dictionary(
      uniqueKeysWithValues: calibration.profile.intervals.cells.map {
        ($0.key.rawValue, [$0.value.low, $0.value.high])
      })
  }
}
