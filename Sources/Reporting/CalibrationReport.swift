import Experiments
import Fitting
import KernelModels
import Quantities

/// What a calibration says of itself: rows, cross-validation, devices left out and the worst rows, as tables of text.
public struct CalibrationReport {
  private let calibration: KernelCalibration

  /// Creates a report.
  public init(_ calibration: KernelCalibration) {
    self.calibration = calibration
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines: [String] = []
    for phase in calibration.phases {
      if !lines.isEmpty { lines.append("") }
      lines += Self.head(phase)
      lines += ["", "Cross-validation, \(CrossValidation.foldCount) folds over (query heads, KV heads, head dim):", ""]
      lines += Self.table(phase.errorRows)
      lines += ["", "Every second length left out:", ""] + Self.lengths(phase)
      lines += ["", "A device left out, by tier 1 (and with half of the other's tier 2 in waves):", ""]
      lines += Self.devices(phase)
      lines += ["", "Ten worst rows out of fold:", ""] + Self.worst(phase)
    }
    return lines
  }

  private static func head(_ phase: KernelCalibration.Phase) -> [String] {
    let file = phase.file
    return TextTable.wrap(
      "\(phase.file.phase.rawValue): \(file.name), \(file.rowCount) rows: \(file.measurements.count) used, "
        + "\(file.bad.count) bad, \(file.setAside.count) set aside, \(file.flags.count) that physics contradicts at 16 bit",
      TextTable.widest)
  }

  static func percent(_ share: Double, signed: Bool = false) -> String {
    let tenths = (share * 1000).rounded() / 10
    let text = NumberText.format(abs(tenths), significantDigits: 4)
    let padded = text.contains(".") ? text : text + ".0"
    return (signed ? (tenths < 0 ? "-" : "+") : "") + padded
  }

  private static func pair(_ summary: ErrorSummary?) -> String {
    summary.map { "\(percent($0.median)) / \(percent($0.ninetieth))" } ?? ""
  }

  private static func table(_ rows: [KernelErrorRow]) -> [String] {
    var table = TextTable(columns: [
      "", "rows", "median %", "p90 %", "bias %", "tier 1 median / p90", "80 % covers %", "width",
    ])
    for row in rows {
      table.add([
        row.name, "\(row.errors.rows)", percent(row.errors.median), percent(row.errors.ninetieth),
        percent(row.errors.bias, signed: true), pair(row.tierOne), percent(row.coverage),
        NumberText.format((row.width * 100).rounded() / 100, significantDigits: 3),
      ])
    }
    return table.lines
  }

  private static func lengths(_ phase: KernelCalibration.Phase) -> [String] {
    var table = TextTable(columns: ["", "rows", "median %", "p90 %", "bias %", "tier 1 median / p90"])
    for group in phase.groups {
      guard let both = group.lengths.both else { continue }
      table.add([
        "\(group.kernels.device.name) \(group.kernels.software.label)", "\(both.rows)", percent(both.median),
        percent(both.ninetieth), percent(both.bias, signed: true), pair(group.lengths.tierOne),
      ])
    }
    return table.lines
  }

  private static func devices(_ phase: KernelCalibration.Phase) -> [String] {
    var table = TextTable(columns: ["", "rows", "median %", "p90 %", "bias %", "with half of tier 2"])
    for row in phase.deviceRows {
      table.add([
        row.name, "\(row.errors.rows)", percent(row.errors.median), percent(row.errors.ninetieth),
        percent(row.errors.bias, signed: true), pair(row.halfTierTwo),
      ])
    }
    return table.lines
  }

  private static func worst(_ phase: KernelCalibration.Phase) -> [String] {
    var table = TextTable(columns: [
      "line", "device", "kernel", "batch", "heads", "KV", "dim", "window", "tokens", "time", "predicted", "by",
    ])
    for row in phase.worstRows(10) {
      let (measurement, kernel) = (row.measurement, row.measurement.kernel)
      table.add([
        "\(measurement.line)", measurement.device.name, row.family.rawValue, "\(kernel.batch)",
        "\(kernel.queryHeads)", "\(kernel.kvHeads)", "\(kernel.headDim)", kernel.window.map { "\($0)" } ?? "",
        "\(kernel.contextTokens)", measurement.time.description,
        NumberText.format(row.ratio, significantDigits: 3) + " x", row.regime.rawValue,
      ])
    }
    return table.lines
  }
}
