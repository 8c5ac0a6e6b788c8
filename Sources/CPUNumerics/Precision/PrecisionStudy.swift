import Attention
import Programs
import Quantities
import RealModule
import Workloads

/// How far attention as it is computed on devices is from the exact result, by executing the programs themselves with
/// every number rounded where a device rounds it.
///
/// Two errors are told apart. That of *storage* is what attention over the stored queries, keys and values differs from
/// that over the unrounded ones: it has nothing to do with ranks. That of *arithmetic* is what the program's output
/// differs from the exact attention over the same stored numbers: this is where the order of the parts can matter.
public struct PrecisionStudy: Sendable {
  /// The shape of attention; small, as heads are alike.
  public var shape: AttentionShape
  /// The standard deviation of the logits.
  public var spread: Double

  /// Creates a study.
  public init(shape: AttentionShape = AttentionShape(queryHeads: 4, kvHeads: 4, keyDim: 64), spread: Double = 1) {
    self.shape = shape
    self.spread = spread
  }

  /// The errors of one case, relative to the root mean square of the exact output.
  public struct Outcome: Hashable, Sendable {
    /// The case.
    public var point: PrecisionCase
    /// The root mean square of the arithmetic's error over all elements, on the worst rank.
    public var arithmetic: Double
    /// The largest error of the arithmetic of any element on any rank.
    public var worst: Double
    /// The root mean square of the storage's error.
    public var storage: Double
    /// The most that rounding can make of ``worst``; see ``PrecisionStudy/bound(_:_:)``.
    public var bound: Double
  }

  /// Runs one case.
  ///
  /// - Throws: ``ExecutionError`` when the program is wrong.
  public func run(_ point: PrecisionCase) throws(ExecutionError) -> Outcome {
    let workload = AttentionWorkload(
      shape: shape, batch: 1, tokens: point.tokens, type: point.format.outputType, partialType: point.partialType)
    let drawn = AttentionTensors<Float>(workload: workload, seed: point.seed, spread: spread)
    let stored = AttentionTensors<Float>(
      workload: workload, queries: point.format.round(drawn.queries), keys: point.format.round(drawn.keys),
      values: point.format.round(drawn.values))
    let ideal = ExactAttention(drawn.converted(to: Double.self)).output
    let exact = ExactAttention(stored.converted(to: Double.self)).output
    let program = point.order.algorithm.program(for: workload, on: RankGroup(oneNodeOf: point.ranks))
    var executor = ProgramExecutor<Float>(program, workload: workload, rounding: .toBufferType)
    try executor.load(stored)
    try executor.run(order: .random(seed: point.seed))
    let scale = Self.rootMeanSquare(exact)
    var outcome = Outcome(
      point: point, arithmetic: 0, worst: 0, storage: Self.rootMeanSquare(zip(exact, ideal).map(-)) / scale,
      bound: bound(point, stored) / scale)
    for rank in 0..<point.ranks {
      let errors = zip(try executor.output(ofRank: rank), exact).map { Double($0) - $1 }
      outcome.arithmetic = max(outcome.arithmetic, Self.rootMeanSquare(errors) / scale)
      outcome.worst = max(outcome.worst, (errors.map { abs($0) }.max() ?? 0) / scale)
    }
    return outcome
  }

  /// The most that rounding can make of an element's error.
  ///
  /// With v the unit roundoff of partial results, w that of the output and u that of single precision: each time a state
  /// or a sum is stored, numerators and denominators are off by v each, and what is stored of a maximum or an LSE, of
  /// magnitude M at most, shifts all weights of a rank by M·v; a ring stores p times, a tree ⌈log₂ p⌉ + 3 times, a
  /// one-shot p + 3 times. Inside a rank, t = ⌈N/p⌉ tokens add (t + key dim·Σ|q·k| + 2·M + 8)·u, as ``AttentionCheck``
  /// has it, and once for each block of a ring. With θ the sum, the output is off by (2·(e^θ − 1) + w)·max|v|.
  func bound(_ point: PrecisionCase, _ stored: AttentionTensors<Float>) -> Double {
    func unit(_ format: NumberFormat) -> Double {
      Double(sign: .plus, exponent: -format.significandBits - 1, significand: 1)
    }
    let product = stored.largestProduct
    let largestScalar = product + Double.log(Double(point.tokens))
    var levels = 0
    while 1 << levels < point.ranks { levels += 1 }
    let stores =
      switch point.order {
      case .ring: point.ranks
      case .tree: levels + 3
      case .oneShot: point.ranks + 3
      }
    let blocks = point.order == .ring ? point.ranks : 1
    let perBlock = Double((point.tokens + point.ranks - 1) / point.ranks) + 2 * largestScalar + 8
    let inside = (Double(blocks) * perBlock + Double(shape.keyDim) * product) * unit(.fp32)
    let theta = Double(stores) * (2 + largestScalar) * unit(NumberFormat(point.partialType)) + inside
    let output = unit(NumberFormat(point.format.outputType))
    return (2 * Double.expMinusOne(theta) + output) * stored.largestValue
  }

  private static func rootMeanSquare(_ numbers: [Double]) -> Double {
    guard !numbers.isEmpty else { return 0 }
    return (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
  }
}
