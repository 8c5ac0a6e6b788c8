import RealModule

/// The most that rounding can make of the error of ``FastDecode`` and ``FastPrefill``, for one query.
///
/// With u = 2⁻²⁴ the unit roundoff, D the roundings that a term of a logit goes through, L = max over the keys of Σᵢ|qᵢkᵢ|, V the largest magnitude of a value, N
/// the keys, b the blocks of keys whose sums join one after another, c the keys of a block, r the runs whose states are
/// merged:
///
/// - A logit is off by D·u·L at most (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.1).
///   Decoding keeps partial sums (``KernelVariant/logitRoundings(keyDim:)``); a matrix product may add its key dim products
///   in any order, so D is the key dim there. Fusing a product and a sum leaves a rounding out.
/// - The differences of which exponentials are taken lead from a logit to the largest one. Logits lie within 2·L of each
///   other, so they add up to 2·L at most in a run and 2·L over the merges, each rounded: 4·L·u.
/// - Each exponential is off by 1.1 units in the last place, 2.2·u of its value: one for the weight, one for each block and
///   each run at which the largest logit grows.
/// - A sum takes a term through at most c additions in its block, a product and an addition for each later block, and two
///   products and an addition for each merge: c + 2·b + 3·r + 1 roundings of u.
///
/// With θ the sum of all these, every weight, and numerator and denominator with it, is within the factor e^±θ of what
/// it should be. Shares of the softmax then change by 2·θ at most, relatively, and their sum weighted by the values by
/// (e^(2θ) − 1)·V; the division adds u·V. Weights below the normal numbers are off by 2⁻¹⁴⁸ each. The log-sum-exp is off
/// by θ, by the logarithm's 2·u·log N and by its own rounding.
///
/// First-order terms are all there; e^(2θ) − 1 > 2θ + 2θ² covers what n·u/(1 − n·u) has beyond n·u.
public struct FastErrorBound: Hashable, Sendable {
  /// The bound of an element of the output.
  public let output: Double
  /// The bound of the log-sum-exp.
  public let logSumExp: Double

  /// The largest error of the exponential in units in the last place; `treeline check kernels` measures it.
  static let exponentialUnits = 1.1

  /// Computes the bound for one query.
  ///
  /// - Parameters:
  ///   - logitRoundings: D.
  ///   - keys: N, the keys that the query sees.
  ///   - block: c, the most keys of a block.
  ///   - run: The most keys of a run; nil where there is one run.
  ///   - largestProduct: L.
  ///   - largestValue: V.
  ///   - logSumExp: The exact log-sum-exp.
  init(
    logitRoundings: Int, keys: Int, block: Int, run: Int?, largestProduct: Double, largestValue: Double,
    logSumExp: Double
  ) {
    let unit = Double(Float.ulpOfOne) / 2
    let runs = run.map { (keys + $0 - 1) / $0 } ?? 0
    let blocks = (min(keys, run ?? keys) + block - 1) / block
    let logit = Double(logitRoundings) * largestProduct
    let range = 4 * largestProduct
    let exponentials = 2 * Self.exponentialUnits * Double(1 + blocks + runs)
    let sums = Double(min(block, keys) + 2 * blocks + 3 * runs + 1)
    let theta = (logit + range + exponentials + sums) * unit
    // The exact result has compensated sums of products in double precision, each rounded: off by as much as if each of
    // these were a rounding of 2⁻⁵³.
    let exact = 2 * (2 * largestProduct + range + 8) * Double.ulpOfOne
    output =
      (Double.expMinusOne(2 * theta) + unit + exact + Double(keys) * 0x1p-148) * largestValue
    self.logSumExp =
      theta + 2 * unit * Double.log(Double(max(keys, 1))) + unit * abs(logSumExp) + exact + Double(keys) * 0x1p-148
  }
}
