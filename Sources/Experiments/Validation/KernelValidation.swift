import KernelModels
import Quantities
import RealModule

/// How well the kernel model predicts measured times: by fits that had not seen them, and by a profile as it stands.
public enum KernelValidation {
  /// What the coverage of an 80 % interval is meant to be.
  static let coverageGoals = [
    ValidationSet.Goal("coverage of the 80 % interval", atLeast: 0.75),
    ValidationSet.Goal("coverage of the 80 % interval", atMost: 0.85),
  ]

  /// The sets of a calibration: out of fold, every second length left out, and each device left out.
  ///
  /// - Parameters:
  ///   - calibration: The calibration.
  ///   - sources: What the rows of each of its phases come from.
  ///   - seed: The seed of the draw of points.
  public static func sets(_ calibration: KernelCalibration, sources: [String], seed: UInt64) -> [ValidationSet] {
    zip(calibration.phases, sources).flatMap { phase, origin in
      let reasons = KernelReasons(phase.file, heldOut: phase.heldOut)
      let name = phase.file.phase.rawValue
      func set(
        _ key: String, _ title: String, _ kind: ValidationSet.Kind, _ goals: [ValidationSet.Goal],
        _ rows: [ValidationRow], lost: Int = 0, predictedBy source: KernelDevice? = nil
      ) -> ValidationSet? {
        ValidationSet(
          key: "\(name)-\(key)", title: "\(name), \(title)", kind: kind, source: origin + unpredicted(lost),
          sizeName: "tokens of the context", goals: goals, rows: rows, seed: seed
        ) { row in
          let lacking = source.map { reasons.lacking(line: row.line, on: $0) } ?? ""
          return [reasons.reason(line: row.line), lacking].filter { !$0.isEmpty }.joined(separator: ", ")
        }
      }
      let ninetieth = phase.file.phase == .decode ? [ValidationSet.Goal("p90 error", atMost: 0.20)] : []
      let goals = [ValidationSet.Goal("median error", atMost: 0.06)] + ninetieth + coverageGoals
      var sets = [
        set(
          "out-of-fold", "all shapes, out of fold", .outOfFold, goals, phase.heldOut.map(row),
          lost: phase.groups.reduce(0) { $0 + $1.validation.unpredicted })
      ]
      sets.append(
        set(
          "lengths-left-out", "every second length left out", .lengthsLeftOut, [],
          phase.groups.flatMap { $0.lengths.rows.map(row) }))
      for target in KernelDevice.measured {
        let parts = phase.devices.filter { $0.target == target }
        guard let from = parts.first?.source else { continue }
        let rows = parts.flatMap(\.rows).map(row)
        let measured = phase.file.measurements.count { $0.device == target }
        sets.append(
          set(
            "\(target.name.lowercased())-left-out", "\(target.name) left out, by \(from.name) alone", .deviceLeftOut,
            [ValidationSet.Goal("median error", atMost: 0.12)], rows, lost: measured - rows.count, predictedBy: from))
      }
      return sets.compactMap { $0 }
    }
  }

  /// The sets of a profile: for each device, whether the profile was fitted to it or not.
  ///
  /// - Parameters:
  ///   - profile: The profile.
  ///   - name: Its name.
  ///   - files: Measured times.
  ///   - sources: What the rows of each file come from.
  ///   - seed: The seed of the draw of points.
  public static func sets(
    _ profile: KernelProfile, name: String, files: [KernelDataFile], sources: [String], seed: UInt64
  ) -> [ValidationSet] {
    zip(files, sources).flatMap { file, source in
      let reasons = KernelReasons(file)
      return Set(file.measurements.map(\.device.name)).sorted().compactMap { device in
        let rows = file.measurements.filter { $0.device.name == device }
        let isKnown = profile.groups.contains { $0.phase == file.phase && $0.device.name == device }
        let kind = isKnown ? ValidationSet.Kind.inTheFit : .unseen
        let predicted = rows.compactMap { self.row($0, profile) }
        return ValidationSet(
          key: "\(file.phase.rawValue)-\(device.lowercased())-profile",
          title: "\(file.phase.rawValue), \(device), by the profile \(name)", kind: kind,
          source: source + unpredicted(rows.count - predicted.count), sizeName: "tokens of the context", goals: [],
          rows: predicted, seed: seed
        ) { row in
          let measurement = rows.first { $0.line == row.line }
          let outside = measurement.flatMap {
            try? profile.predict($0.kernel, $0.software, on: $0.device).extrapolations
          }
          return ([reasons.reason(line: row.line)] + (outside ?? [])).filter { !$0.isEmpty }.joined(separator: ", ")
        }
      }
    }
  }

  /// What is to be said of rows that nothing predicts.
  private static func unpredicted(_ count: Int) -> String {
    count == 0 ? "" : "; \(count) rows are of kernels without parameters and are not predicted"
  }

  private static func row(_ held: HeldOutRow) -> ValidationRow {
    row(held.measurement, held.family, error: held.error, isCovered: held.isCovered)
  }

  private static func row(_ left: LengthsLeftOut.Row) -> ValidationRow {
    row(left.measurement, left.family, error: left.error, isCovered: nil)
  }

  private static func row(_ left: CrossDevice.Row) -> ValidationRow {
    row(left.measurement, left.family, error: left.error, isCovered: nil)
  }

  private static func row(_ measurement: MeasuredKernel, _ profile: KernelProfile) -> ValidationRow? {
    guard let prediction = try? profile.predict(measurement.kernel, measurement.software, on: measurement.device) else {
      return nil
    }
    let error = Double.log(prediction.time.seconds / measurement.time.seconds)
    return row(
      measurement, prediction.family, error: error,
      isCovered: prediction.low <= measurement.time && measurement.time <= prediction.high)
  }

  private static func row(
    _ measurement: MeasuredKernel, _ family: KernelFamily, error: Double, isCovered: Bool?
  ) -> ValidationRow {
    let kernel = measurement.kernel
    let shape =
      "batch \(kernel.batch), heads \(kernel.queryHeads)/\(kernel.kvHeads), dim \(kernel.headDim)"
      + (kernel.window.map { ", window \($0)" } ?? "") + ", \(kernel.contextTokens) tokens"
    return ValidationRow(
      line: measurement.line,
      name: "line \(measurement.line): \(measurement.device.name) \(family.rawValue), \(shape)",
      group: "\(measurement.device.name) \(measurement.software.label)", size: Double(kernel.contextTokens),
      measured: measurement.time, error: error, isCovered: isCovered)
  }
}
