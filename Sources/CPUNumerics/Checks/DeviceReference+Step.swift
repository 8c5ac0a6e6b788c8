import Quantities
import RealModule

extension DeviceReference {
  /// How far each element of a whole step's output may be off, where so many ranks' kernels and merges make it.
  ///
  /// As ``RankErrorBound`` has it, for one head, with kernels in place of loops: the weight of a key gains the factor e^±t at
  /// most, where with u = 2⁻²⁴, v the unit roundoff of partial results (0 when they are single), p ranks, and M ≥ every
  /// |logit|, maximum and log-sum-exp, t is the sum of
  ///
  /// - what a kernel over all tokens does to a weight (``DeviceReference``), which bounds that over a share of them;
  /// - (2p + 8)·2⁻²¹: the exponential, product and sum of each of p merges and p foldings, and of a rescaling;
  /// - 10u·(M + 1): the logarithm of a log-sum-exp, and the arguments of exponentials;
  /// - (p + 2)·v: a numerator or denominator is stored after the tokens, after the rescaling and after each of p merges;
  /// - s·M·v: stored maxima and log-sum-exps shift all weights of a rank: p times where states are folded, else once.
  ///
  /// Numerators and denominators have the same weights, so the output is off by (e^(2t) − 1) of the sum of its terms'
  /// magnitudes; weights are rounded for their product with values as in one kernel. Denominators are 1 at least, so what is
  /// lost of numbers below the normal ones of a type is at most half its smallest number, each time that they are stored.
  ///
  /// - Parameters:
  ///   - ranks: The ranks.
  ///   - folds: Whether every rank stores a running state for each block that comes by, as a ring does.
  ///   - partial: The format of partial results.
  ///   - output: The format of the output.
  public func stepBounds(ranks: Int, folds: Bool, partial: NumberFormat, output format: NumberFormat) -> [Double] {
    let unit = 0x1p-24
    let stored = partial == .fp32 ? 0 : partial.roundoff
    let count = Double(ranks)
    let largest = largestLogit + Double.log(Double(max(keyCount, 1))) + logSumExpBound
    let theta =
      Double.log(onePlus: weightError) + (2 * count + 8) * 0x1p-21 + 10 * unit * (largest + 1) + (count + 2) * stored
      + (folds ? count : 1) * largest * stored
    let factor = Double.expMinusOne(2 * theta)
    return zip(output, magnitudes).map { value, magnitude in
      let tiny = (count + 2) * 2 * partial.tiniest * (1 + magnitude)
      let error = (factor + operandRoundoff * (1 + factor)) * magnitude + underflow + tiny
      return error + format.roundoff * (abs(value) + error) + format.tiniest
    }
  }

  /// The largest error of a step's output as a share of what it may be; infinite for what is no number.
  ///
  /// - Parameters:
  ///   - found: The output, a value dim.
  ///   - bounds: See ``stepBounds(ranks:folds:partial:output:)``.
  public func excess(_ found: some Collection<Float>, of bounds: [Double]) -> Double {
    guard found.count == output.count else { return .infinity }
    var worst = 0.0
    for (place, value) in found.enumerated() {
      let share = abs(Double(value) - output[place]) / bounds[place]
      if !(share <= worst) { worst = share.isNaN ? .infinity : share }
    }
    return worst
  }
}
