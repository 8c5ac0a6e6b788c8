import Fitting
import RealModule

/// Predictions between measured lengths: fits to rows of even log2 of the tokens, rounded, predict the others.
public struct LengthsLeftOut: Sendable {
  /// A row and its error.
  public struct Row: Sendable {
    /// The row.
    public let measurement: MeasuredKernel
    /// The kernel.
    public let family: KernelFamily
    /// ln(predicted / measured), by both tiers.
    public let error: Double
  }

  /// The rows that were predicted.
  public let rows: [Row]
  /// Both tiers' errors; nil where there is nothing to predict.
  public let both: ErrorSummary?
  /// Tier 1's errors.
  public let tierOne: ErrorSummary?

  /// Fits every second length of a group's rows, and predicts the others from 8 tokens on.
  ///
  /// - Throws: ``KernelModelError`` when there are too few rows, or a fit does not converge.
  public init(_ rows: PreparedRows, name: String, seed: UInt64) throws(KernelModelError) {
    let octaves = rows.models.map { Double.log2(Double($0.kernel.contextTokens)) }
    func isEven(_ number: Int) -> Bool { Int(octaves[number].rounded()) % 2 == 0 }
    let all = Array(rows.models.indices)
    let fit = try GroupFit(rows.rows(all.filter(isEven)), name: name, seed: seed, tokenStep: 2)
    let asked = rows.rows(all.filter { !isEven($0) && octaves[$0] >= 3 })
    var predicted: [Row] = []
    var tierOneErrors: [Double] = []
    for (number, prediction) in fit.predictions(asked).enumerated() {
      guard let prediction else { continue }
      let time = asked.logTimes[number]
      predicted.append(
        Row(
          measurement: asked.measurements[number], family: asked.models[number].family,
          error: prediction.tierTwo - time))
      tierOneErrors.append(prediction.tierOne - time)
    }
    self.rows = predicted
    both = ErrorSummary(of: predicted.map(\.error))
    tierOne = ErrorSummary(of: tierOneErrors)
  }
}
