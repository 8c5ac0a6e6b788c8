import RealModule

/// One software's kernels on one device, calibrated and cross-validated.
public struct GroupCalibration: Sendable {
  /// What goes into a profile.
  public let kernels: CalibratedKernels
  /// The rows as predicted by fits that had not seen their families.
  public let validation: CrossValidation
  /// Predictions between measured lengths.
  public let lengths: LengthsLeftOut
  /// The most steps that a fit took.
  public let steps: Int

  /// Puts the parts together.
  ///
  /// - Parameters:
  ///   - rows: The rows of the group.
  ///   - folds: The fold of each row.
  ///   - full: The fit to all rows.
  ///   - fits: For each fold the fit to all other rows.
  ///   - lengths: The fit to every second length.
  public init?(_ rows: PreparedRows, folds: [Int], full: GroupFit, fits: [GroupFit], lengths: LengthsLeftOut) {
    guard let first = rows.measurements.first else { return nil }
    validation = CrossValidation(rows, folds: folds, fits: fits)
    var fitted: [KernelFamily: FittedParameters] = [:]
    for (family, outcome) in full.outcomes {
      let numbers = rows.numbers { $0.family == family }
      guard let start = numbers.first else { continue }
      var range = ValidityRange(rows.models[start].kernel)
      for number in numbers { range.insert(rows.models[number].kernel) }
      fitted[family] = FittedParameters(
        parameters: outcome.parameters, spreads: Self.spreads(fits.compactMap { $0.outcomes[family]?.parameters }),
        informed: outcome.informed, rows: numbers.count, range: range)
    }
    let intervals = validation.intervals
    let versions = Set(rows.measurements.map(\.version)).sorted()
    kernels = CalibratedKernels(
      phase: first.kernel.phase, device: first.device, software: first.software,
      version: versions.joined(separator: " and "), fits: fitted, residuals: full.residuals,
      cells: intervals.cells, families: intervals.families, tierOne: intervals.tierOne)
    self.lengths = lengths
    steps = ([full] + fits).map(\.steps).max() ?? 0
  }

  /// The standard deviation of each parameter's logarithm, by the jackknife over folds: rows of a family err together, so
  /// that their scatter within one fit says too little (Efron and Stein, "The Jackknife Estimate of Variance", 1981).
  private static func spreads(_ folds: [KernelParameters]) -> [Double] {
    guard let first = folds.first, folds.count > 1 else { return [] }
    let count = Double(folds.count)
    return first.values.indices.map { index in
      let logs = folds.map { Double.log($0.values[index]) }
      let mean = logs.reduce(0, +) / count
      return ((count - 1) / count * logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }).squareRoot()
    }
  }
}
