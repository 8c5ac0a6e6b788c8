import Fitting

/// Parameters of one kernel and its kin fitted on several devices at once, each device counting alike.
public struct SharedFit: Sendable {
  /// The kernels.
  public let lineage: [KernelFamily]
  /// The parameters.
  public let fitted: FittedParameters
  /// The errors on each device, by tier 1.
  public let errors: [(device: KernelDevice, summary: ErrorSummary)]

  /// Fits the kernels of a lineage on all devices.
  ///
  /// - Returns: Nil where fewer than two devices have them.
  /// - Throws: ``KernelModelError`` when there are too few rows, or the fit does not converge.
  public init?(_ rows: PreparedRows, lineage: [KernelFamily], name: String, seed: UInt64) throws(KernelModelError) {
    let part = rows.rows(rows.numbers { lineage.contains($0.family) })
    var counts: [KernelDevice: Int] = [:]
    for model in part.models { counts[model.device, default: 0] += 1 }
    guard counts.count > 1, let first = part.models.first else { return nil }
    let weights = part.models.map { Double(part.count) / Double(counts[$0.device] ?? 1) }
    let outcome = try ParameterFit(name: name, seed: seed)(part.models, logTimes: part.logTimes, weights: weights)
    var range = ValidityRange(first.kernel)
    for model in part.models { range.insert(model.kernel) }
    self.lineage = lineage
    fitted = FittedParameters(
      parameters: outcome.parameters, informed: outcome.informed, rows: part.count, range: range)
    let times = part.logTierOne(outcome.parameters)
    errors = counts.keys.sorted { $0.name < $1.name }.compactMap { device in
      let numbers = part.numbers { $0.device == device }
      return ErrorSummary(of: numbers.map { times[$0] - part.logTimes[$0] }).map { (device, $0) }
    }
  }
}
