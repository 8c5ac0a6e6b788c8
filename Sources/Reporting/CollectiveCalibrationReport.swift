import CollectiveModels
import Experiments
import Fitting
import Quantities

/// What a calibration of collectives says of itself, as tables of text.
public struct CollectiveCalibrationReport {
  private let calibration: CollectiveCalibration

  /// Creates a report.
  public init(_ calibration: CollectiveCalibration) {
    self.calibration = calibration
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines = calibration.files.flatMap { file in
      TextTable.wrap(
        "\(file.name), \(file.rowCount) rows: \(file.measurements.count) used, \(file.bad.count) bad, "
          + "\(file.setAside.count) set aside",
        TextTable.widest)
    }
    lines += ["", "Rows that the fit had not seen:", ""] + Self.table(calibration.schemeRows)
    for scheme in [CollectiveScheme.sizes, .mostRanksAlone] where !calibration.collectiveRows(scheme).isEmpty {
      lines += ["", "By collective, \(scheme.rawValue):", ""] + Self.table(calibration.collectiveRows(scheme))
    }
    for scheme in [CollectiveScheme.log, .cluster] where !calibration.logRows(scheme).isEmpty {
      lines += ["", "By log, \(scheme.rawValue):", ""] + Self.logs(calibration.logRows(scheme))
    }
    for scheme in [CollectiveScheme.sizes, .log] where !calibration.worstRows(scheme, 1).isEmpty {
      lines += ["", "Ten worst rows, \(scheme.rawValue):", ""] + worst(scheme)
    }
    lines += ["", "80 % intervals of measured over predicted:", ""] + intervals
    return lines
  }

  private static func cells(_ row: CollectiveErrorRow) -> [String] {
    [
      "\(row.errors.rows)", CalibrationReport.percent(row.errors.median),
      CalibrationReport.percent(row.errors.ninetieth), CalibrationReport.percent(row.errors.bias, signed: true),
      "\(CalibrationReport.percent(row.tierOne.median)) / \(CalibrationReport.percent(row.tierOne.ninetieth))",
      row.coverage.map { CalibrationReport.percent($0) } ?? "",
    ]
  }

  private static let headings = ["rows", "median %", "p90 %", "bias %", "tier 1 median / p90", "80 % covers %"]

  private static func table(_ rows: [CollectiveErrorRow]) -> [String] {
    var table = TextTable(columns: [""] + headings)
    for row in rows { table.add([row.name] + cells(row)) }
    return table.lines
  }

  /// Logs have long names: a number in the table, and the names below it.
  private static func logs(_ rows: [CollectiveErrorRow]) -> [String] {
    var table = TextTable(columns: ["log"] + headings)
    for (index, row) in rows.enumerated() { table.add(["\(index + 1)"] + cells(row)) }
    return table.lines + [""]
      + rows.enumerated().flatMap { index, row in HangingText.lines("\(index + 1)  ", row.name) }
  }

  private func worst(_ scheme: CollectiveScheme) -> [String] {
    var table = TextTable(columns: ["line", "GPU", "ranks", "collective", "bytes", "time", "predicted", "by"])
    for row in calibration.worstRows(scheme, 10) {
      let measured = row.measurement.row
      table.add([
        "\(measured.line)", row.measurement.machine.gpu, "\(measured.gpus) in \(measured.nodes)",
        measured.collective.rawValue, "\(measured.bytes.count)", measured.time.description,
        NumberText.format(row.ratio, significantDigits: 3) + " x", row.choice.title,
      ])
    }
    return table.lines
  }

  private var intervals: [String] {
    var table = TextTable(columns: ["", "from", "to", "rows"])
    let cells = calibration.profile.intervals.cells
    for cell in CollectiveIntervals.Cell.allCases {
      guard let interval = cells[cell] else { continue }
      table.add([
        cell.rawValue, NumberText.format(interval.factors.low, decimals: 3),
        NumberText.format(interval.factors.high, decimals: 3), "\(interval.rows)",
      ])
    }
    return table.lines
  }
}
