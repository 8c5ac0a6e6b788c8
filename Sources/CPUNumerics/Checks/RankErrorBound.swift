import Quantities
import RealModule
import Workloads

/// How far a rank's output can be from exact attention over the same stored numbers, in single precision with partial
/// results and outputs rounded to their types, whatever the order in which ranks combine.
///
/// With u the unit roundoff of single precision, v that of partial results (0 when they are single), w that of the output;
/// p ranks, N tokens, K the key dim, P the largest |q|·|k|, M ≥ every |logit|, maximum and LSE. On its way into an output
/// the weight of a key gains the factor e^θ at most, where θ is the sum of
///
/// - K·P·u: its logit, a sum of K products whose magnitudes add up to P at most;
/// - N·u: the sums over tokens, on all ranks together; 16·u for constants: exponentials right to 2u, products, quotients;
/// - 4p·u where each of p blocks rescales what came before (exponential 2u, product, sum), 4p·u where p states merge;
/// - 3·2P·u: the arguments of exponentials, in the tokens, in the blocks and in the merges: of each kind the differences
///   of maxima add up to the spread of the logits, whatever the tree (``SoftmaxState/errorBound(depth:rescales:keys:spread:)``);
/// - 5M·u: where a rank normalises by its LSE and takes that back, the logarithm, the sum and the argument;
/// - (p + 2)·v: a numerator or denominator is stored after the tokens, after the rescaling and after each of p merges;
/// - s·M·v: stored maxima or LSEs shift all weights of a rank, s times: p times in a ring, else once, since the larger
///   of two stored numbers is stored exactly.
///
/// Numerators and denominators have the same weights, so the output's weights are within e^(±2θ), and with V the largest
/// |value| the output is off by E = (e^(2θ) − 1)·V, then by w·(V + E) for its own rounding. Numbers below the normal ones
/// of their type lose half of its smallest number at most, each time that they are stored.
struct RankErrorBound {
  let product: Double
  let largestScalar: Double
  let largestValue: Double
  let workload: AttentionWorkload

  /// Takes what the bound needs from the stored numbers.
  init(_ tensors: AttentionTensors<Double>) {
    product = tensors.largestProduct
    // A rank's LSE over some of the tokens lies between its largest logit and that plus log N.
    largestScalar = product + Double.log(Double(max(tensors.workload.tokens, 1)))
    largestValue = tensors.largestValue
    workload = tensors.workload
  }

  /// The bound for so many ranks.
  ///
  /// - Parameters:
  ///   - ranks: The number of ranks.
  ///   - folds: Whether every rank stores a running state for each block that comes by, as a ring does.
  func output(ranks: Int, folds: Bool) -> Double {
    let unit = Double(Float.ulpOfOne) / 2
    let partial = workload.partialType == .fp32 ? 0 : Self.unit(workload.partialType)
    let count = Double(ranks)
    let inSingle =
      Double(workload.shape.keyDim) * product + Double(workload.tokens) + 8 * count + 6 * product + 5 * largestScalar
      + 16
    let stored = count + 2 + (folds ? count : 1) * largestScalar
    let theta = inSingle * unit + stored * partial
    let error = Double.expMinusOne(2 * theta) * largestValue
    let tiny =
      (Double(workload.tokens) + count + 2) * Self.smallest(workload.partialType) * 2 * max(1, largestValue)
      + Self.smallest(workload.type)
    return error + Self.unit(workload.type) * (largestValue + error) + tiny
  }

  /// The unit roundoff of a type.
  private static func unit(_ type: DataType) -> Double {
    Double(sign: .plus, exponent: -NumberFormat(type).significandBits - 1, significand: 1)
  }

  /// The smallest number above zero of a type.
  private static func smallest(_ type: DataType) -> Double {
    let format = NumberFormat(type)
    return Double(sign: .plus, exponent: 2 - (1 << (format.exponentBits - 1)) - format.significandBits, significand: 1)
  }
}
