import RealModule

/// Both tiers fitted to some rows.
public struct FittedCollectives: Sendable {
  /// Tier 1's parameters.
  public let parameters: CollectiveParameters
  /// Tier 2.
  public let residuals: SizeResiduals
  /// The steps that the fit took.
  public let steps: Int

  /// Fits both tiers.
  ///
  /// - Throws: ``CollectiveModelError`` when there are too few rows, or the fit does not converge.
  public init(_ rows: [MeasuredCollective], name: String) throws(CollectiveModelError) {
    let fit = try CollectiveFit(rows, name: name)()
    parameters = fit.parameters
    steps = fit.steps
    residuals = SizeResiduals(rows, tierOne: Self.logTimes(rows, fit.parameters))
  }

  static func logTimes(_ rows: [MeasuredCollective], _ parameters: CollectiveParameters) -> [Double] {
    var cache: [CollectiveMachine: [Double]] = [:]
    return rows.map { row in
      let values = cache[row.machine] ?? parameters.values(row.machine)
      cache[row.machine] = values
      return Double.log(CollectiveModel(row.call, on: row.machine).time(values))
    }
  }

  /// What the fit says of other rows: ln of their times in microseconds, by tier 1 and by both.
  func logTimes(_ rows: [MeasuredCollective]) -> [(tierOne: Double, both: Double)] {
    zip(rows, Self.logTimes(rows, parameters)).map { measured, tierOne in
      let row = measured.row
      let residual = residuals.group(row)?.value(gpus: row.gpus, octave: Double.log2(row.bytes.baseUnits))
      return (tierOne, tierOne + (residual?.value ?? 0))
    }
  }
}
