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

  /// The unrounded numbers of a seed and a number of tokens, and their attention; what many cases share.
  public struct Drawing: Sendable {
    let tensors: AttentionTensors<Float>
    let ideal: [Double]
  }

  /// A drawing as a format stores it, and the exact attention over what is stored.
  public struct Stored: Sendable {
    let format: CacheFormat
    let tensors: AttentionTensors<Float>
    let exact: [Double]
    let scale: Double
    let storage: Double
    let largestProduct: Double
    let largestValue: Double
  }

  /// Draws the numbers of a seed.
  ///
  /// - Parameters:
  ///   - tokens: The number of cached tokens.
  ///   - seed: Chooses the numbers.
  ///   - jobs: The most threads; changes no bit.
  public func draw(tokens: Int, seed: UInt64, jobs: Int = 1) -> Drawing {
    let workload = AttentionWorkload(shape: shape, batch: 1, tokens: tokens, type: .fp32)
    let tensors = AttentionTensors<Float>(workload: workload, seed: seed, spread: spread, jobs: jobs)
    return Drawing(tensors: tensors, ideal: ExactAttention(widening: tensors, jobs: jobs).output)
  }

  /// Stores a drawing.
  ///
  /// - Parameters:
  ///   - drawing: The numbers.
  ///   - format: How they are stored.
  ///   - jobs: The most threads; changes no bit.
  public func store(_ drawing: Drawing, as format: CacheFormat, jobs: Int = 1) -> Stored {
    let drawn = drawing.tensors
    let tensors =
      format == .fp32
      ? drawn
      : AttentionTensors<Float>(
        workload: drawn.workload, queries: format.round(drawn.queries), keys: format.round(drawn.keys),
        values: format.round(drawn.values))
    let exact = format == .fp32 ? drawing.ideal : ExactAttention(widening: tensors, jobs: jobs).output
    let scale = Self.rootMeanSquare(exact)
    return Stored(
      format: format, tensors: tensors, exact: exact, scale: scale,
      storage: Self.rootMeanSquare(zip(exact, drawing.ideal).map(-)) / scale, largestProduct: tensors.largestProduct,
      largestValue: tensors.largestValue)
  }

  /// Runs one case.
  ///
  /// - Throws: ``ExecutionError`` when the program is wrong.
  public func run(_ point: PrecisionCase) throws(ExecutionError) -> Outcome {
    try run(point, on: store(draw(tokens: point.tokens, seed: point.seed), as: point.format))
  }

  /// Runs one case on numbers that others share.
  ///
  /// - Parameters:
  ///   - point: The case.
  ///   - stored: The drawing of its seed and tokens, as its format stores it.
  /// - Throws: ``ExecutionError`` when the program is wrong.
  public func run(_ point: PrecisionCase, on stored: Stored) throws(ExecutionError) -> Outcome {
    let workload = AttentionWorkload(
      shape: shape, batch: 1, tokens: point.tokens, type: point.format.outputType, partialType: point.partialType)
    let program = point.order.algorithm.program(for: workload, on: RankGroup(oneNodeOf: point.ranks))
    var executor = ProgramExecutor<Float>(program, workload: workload, rounding: .toBufferType)
    try executor.load(stored.tensors)
    try executor.run(order: .random(seed: point.seed))
    var outcome = Outcome(
      point: point, arithmetic: 0, worst: 0, storage: stored.storage, bound: bound(point, stored) / stored.scale)
    for rank in 0..<point.ranks {
      let errors = zip(try executor.output(ofRank: rank), stored.exact).map { Double($0) - $1 }
      outcome.arithmetic = max(outcome.arithmetic, Self.rootMeanSquare(errors) / stored.scale)
      outcome.worst = max(outcome.worst, (errors.map { abs($0) }.max() ?? 0) / stored.scale)
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
  func bound(_ point: PrecisionCase, _ stored: Stored) -> Double {
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
