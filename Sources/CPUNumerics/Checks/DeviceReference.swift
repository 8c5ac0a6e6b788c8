import RealModule
import Workloads

/// What one query of one head must give, in double precision, and how far a device's kernel on tensor cores may be from it.
///
/// The bounds follow the kernels' arithmetic, with u = 2⁻²⁴ and N keys, as `Tests/CUDAKernels/oracle.py` has them:
///
/// - A logit is a sum of key dim exact products in a tensor core, which may chop at every addition, 2u each: it is off by
///   key dim · 2u · Σ|q·k|, and by a few u of itself.
/// - A weight 2^(x − m) is off, relatively, by what x − m is off, and by 2⁻²² of the exponential; a rescaling multiplies by
///   another one. There are as many of both as tiles, warps and splits that a token goes through: N/16 + 64.
/// - Weights are rounded to the format of the values for their product, but not in the denominator: a relative error of
///   every term, and an absolute one where weights are subnormal.
/// - Sums of N terms are off by N · 2u of the sum of their magnitudes.
/// - Scales of an 8-bit cache multiply logits and weights: an operation more for every 64 products, and another one for every
///   weight, which is then as small as the smallest scale makes it.
public struct DeviceReference: Sendable {
  /// The output.
  public let output: [Double]
  /// The log-sum-exp of the logits.
  public let logSumExp: Double
  /// How far each element of the output may be off, before it is rounded to a format.
  public let outputBounds: [Double]
  /// How far the log-sum-exp may be off.
  public let logSumExpBound: Double
  /// The sum of the magnitudes of each output's terms.
  let magnitudes: [Double]
  /// The largest relative error of a weight.
  let weightError: Double
  /// What rounding weights for their product loses, relatively, and where they are subnormal.
  let operandRoundoff: Double
  let underflow: Double
  let largestLogit: Double
  let keyCount: Int

  /// Contexts up to this are compared in all heads, longer ones in 8: a reference costs more than the device's whole step.
  static let comparedWhole = 16384

  /// Which of so many heads of all sequences are compared: all over short contexts, else 8 from the first to the last.
  public static func comparedRows(of rows: Int, tokens: Int) -> [Int] {
    tokens <= comparedWhole || rows <= 8 ? Array(0..<rows) : (0..<8).map { $0 * (rows - 1) / 7 }
  }

  /// Computes attention of one query of one head.
  ///
  /// - Parameters:
  ///   - query: Key dim elements.
  ///   - keys: Keys × key dim; at least one key.
  ///   - values: Keys × value dim.
  ///   - operand: The format in which weights and values are multiplied.
  ///   - smallestScale: The smallest scale of the values, where the cache has scales; keys and values are given with them.
  public init(
    query: [Double], keys: [Double], values: [Double], operand: NumberFormat, smallestScale: Double? = nil
  ) {
    let keyDim = query.count
    let count = keys.count / keyDim
    let valueDim = values.count / count
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: keyDim, valueDim: valueDim), batch: 1, tokens: count,
      type: .fp32)
    let exact = ExactAttention(
      AttentionTensors<Double>(workload: workload, queries: query, keys: keys, values: values))
    let magnitudes = ExactAttention(
      AttentionTensors<Double>(workload: workload, queries: query, keys: keys, values: values.map { abs($0) }))
    output = exact.output
    logSumExp = exact.logSumExps[0]
    var (product, depth, maximum) = (0.0, 0.0, -Double.infinity)
    for key in 0..<count {
      var (sum, magnitude) = (0.0, 0.0)
      for element in 0..<keyDim {
        let term = query[element] * keys[key * keyDim + element]
        sum += term
        magnitude += abs(term)
      }
      product = max(product, magnitude)
      depth = max(depth, abs(sum))
      maximum = max(maximum, sum)
    }
    let unit = 0x1p-24
    let keysCount = Double(count)
    let scalings = smallestScale == nil ? 0 : Double(keyDim) / 64 + 1
    let logit = (Double(keyDim) + scalings) * 2 * unit * product + 8 * unit * depth
    let weight = Double.expMinusOne(
      logit + 8 * unit * depth + (keysCount / 16 + 64) * 0x1p-21 + keysCount * 2 * unit)
    var sums = [Double](repeating: 0, count: valueDim)
    for key in 0..<count {
      for element in 0..<valueDim { sums[element] += abs(values[key * valueDim + element]) }
    }
    let denominator = Double.exp(logSumExp - maximum)
    let underflow = operand.tiniest * (sums.max() ?? 0) / denominator / min(smallestScale ?? 1, 1)
    let scaling = smallestScale == nil ? 0 : unit
    let share = 2 * weight + (operand.roundoff + scaling) * (1 + weight) + keysCount * 2 * unit
    self.magnitudes = magnitudes.output
    (weightError, operandRoundoff, self.underflow) = (weight, operand.roundoff + scaling, underflow)
    (largestLogit, keyCount) = (depth, count)
    outputBounds = magnitudes.output.map { share * $0 + underflow + 1e-37 }
    logSumExpBound = weight + 4 * unit * (abs(maximum) + abs(Double.log(denominator)) + 1)
  }

  /// The largest error of an output and a log-sum-exp as a share of what it may be; infinite for what is no number.
  ///
  /// - Parameters:
  ///   - found: The output.
  ///   - format: What it was rounded to.
  ///   - foundLogSumExp: The log-sum-exp, in single precision.
  public func excess(_ found: some Collection<Float>, in format: NumberFormat, _ foundLogSumExp: Float) -> Double {
    var worst = 0.0
    func see(_ value: Float, _ expected: Double, _ bound: Double, _ format: NumberFormat) {
      let allowed = bound + format.roundoff * (abs(expected) + bound) + format.tiniest
      let share = abs(Double(value) - expected) / allowed
      // What is no number must not hide behind a comparison.
      if !(share <= worst) { worst = share.isNaN ? .infinity : share }
    }
    for (index, value) in found.enumerated() { see(value, output[index], outputBounds[index], format) }
    see(foundLogSumExp, logSumExp, logSumExpBound, .fp32)
    return found.count == output.count ? worst : .infinity
  }
}

extension NumberFormat {
  /// The largest relative error of rounding to a normal number.
  public var roundoff: Double { Double.exp2(Double(-significandBits - 1)) }

  /// Half the smallest number above zero: what rounding to a subnormal number can lose.
  public var tiniest: Double { Double.exp2(2 - Double.exp2(Double(exponentBits - 1)) - Double(significandBits) - 1) }
}
