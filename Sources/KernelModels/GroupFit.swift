import Quantities
import RealModule

/// Both tiers fitted to the rows of one software on one device.
public struct GroupFit: Sendable {
  let outcomes: [KernelFamily: ParameterFit.Outcome]
  let residuals: ResidualModel

  /// The most steps that a fit of the group took.
  public var steps: Int { outcomes.values.map(\.steps).max() ?? 0 }

  /// Fits both tiers.
  ///
  /// - Parameters:
  ///   - rows: The rows, all of one software on one device.
  ///   - name: What they are, for messages.
  ///   - seed: The seed of the draw of rows.
  ///   - tokenStep: The distance of nodes along the tokens, in octaves.
  /// - Throws: ``KernelModelError`` when there are too few rows, or a fit does not converge.
  public init(_ rows: PreparedRows, name: String, seed: UInt64, tokenStep: Double = 1) throws(KernelModelError) {
    var outcomes: [KernelFamily: ParameterFit.Outcome] = [:]
    var left = Array(repeating: 0.0, count: rows.count)
    for family in rows.families {
      let numbers = rows.numbers { $0.family == family }
      let part = rows.rows(numbers)
      let fit = ParameterFit(name: "\(name) \(family.rawValue)", seed: seed)
      let outcome = try fit(part.models, logTimes: part.logTimes)
      outcomes[family] = outcome
      let times = part.logTierOne(outcome.parameters)
      for (number, time) in zip(numbers, times) { left[number] = rows.logTimes[number] - time }
    }
    self.outcomes = outcomes
    let places = rows.models.map { ResidualCoordinates($0, family: $0.family) }
    residuals = ResidualFit.fit(places, left, tokenStep: tokenStep)
  }

  /// What the fit says of other rows.
  func predictions(_ rows: PreparedRows) -> [RowPrediction?] {
    rows.models.map { model in
      guard let outcome = outcomes[model.family] else { return nil }
      let terms = outcome.parameters.values.withUnsafeBufferPointer { model.evaluate($0) }
      let tierOne = Double.log(terms.total)
      let residual = residuals.value(ResidualCoordinates(model, family: model.family)).sum
      return RowPrediction(tierOne: tierOne, tierTwo: tierOne + residual, regime: terms.terms.regime)
    }
  }
}

/// What a fit says of one row: ln of times in microseconds.
struct RowPrediction: Sendable {
  var tierOne: Double
  var tierTwo: Double
  var regime: KernelRegime
}

extension PreparedRows {
  /// ln of tier 1's times in microseconds.
  func logTierOne(_ parameters: KernelParameters) -> [Double] {
    parameters.values.withUnsafeBufferPointer { values in models.map { Double.log($0.evaluate(values).total) } }
  }
}
