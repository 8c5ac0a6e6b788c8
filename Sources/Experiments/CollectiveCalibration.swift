import CollectiveModels
import Fitting

/// The model of collectives calibrated on files of measured times, with all that says how good it is.
public struct CollectiveCalibration: Sendable {
  /// The files.
  public let files: [CollectiveDataFile]
  /// The seed of every draw.
  public let seed: UInt64
  /// The rows of all files.
  public let rows: [MeasuredCollective]
  /// The fit to all rows.
  public let fit: FittedCollectives
  /// What fits without some of the rows say of those, for each scheme that the rows allow.
  public let validations: [CollectiveCrossValidation]

  /// Calibrates.
  ///
  /// - Parameters:
  ///   - files: The files.
  ///   - seed: The seed of the draw of rows that are left out at random.
  ///   - parallel: The threads; they change no bit of the result.
  ///   - starting: Is told how many fits there are.
  ///   - advancing: Is called, on any thread, when one is done.
  /// - Throws: ``CollectiveModelError``.
  public init(
    _ files: [CollectiveDataFile], seed: UInt64, parallel: Parallel, starting: (Int) -> Void,
    advancing: @escaping @Sendable () -> Void
  ) throws {
    self.files = files
    self.seed = seed
    let rows = files.flatMap(\.measurements)
    self.rows = rows
    let plans = CollectiveScheme.allCases.map { (scheme: $0, folds: $0.folds(rows, seed: seed)) }
      .filter { !$0.folds.isEmpty }
    let folds = plans.flatMap { plan in plan.folds.map { (name: "\(plan.scheme.rawValue), \($0.name)", seen: $0.seen) }
    }
    starting(folds.count + 1)
    let fits = try parallel.map(folds.count + 1) { index in
      let isAll = index == folds.count
      let fit = try FittedCollectives(
        isAll ? rows : folds[index].seen.map { rows[$0] }, name: isAll ? "collectives" : folds[index].name)
      advancing()
      return fit
    }
    fit = fits[folds.count]
    var position = 0
    validations = plans.map { plan in
      defer { position += plan.folds.count }
      return CollectiveCrossValidation(
        plan.scheme, rows, folds: plan.folds, fits: Array(fits[position..<position + plan.folds.count]))
    }
  }

  /// What predictions are made from.
  public var profile: CollectiveProfile {
    CollectiveProfile(
      parameters: fit.parameters, residuals: fit.residuals, intervals: CollectiveIntervals(validations))
  }
}
