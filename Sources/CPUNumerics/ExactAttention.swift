import Quantities
import RealModule
import Workloads

/// Attention computed plainly, key by key, with the softmax over all of them at once: what every algorithm must equal.
///
/// Sums are compensated (Neumaier 1974), so that the result is as good as its logits are.
public struct ExactAttention<Scalar: Real & BinaryFloatingPoint & Sendable>: Sendable {
  /// The output, batch × query heads × query tokens × value dim.
  public let output: [Scalar]
  /// The log-sum-exp of the logits of each head and query token, batch × query heads × query tokens.
  public let logSumExps: [Scalar]
  private let workload: AttentionWorkload

  /// Computes the attention of all queries to the keys that they see.
  public init(_ tensors: AttentionTensors<Scalar>) {
    let workload = tensors.workload
    let shape = workload.shape
    let group = shape.queryHeads / shape.kvHeads
    var output: [Scalar] = []
    var logSumExps: [Scalar] = []
    let block = KeyValueBlock(
      shape: shape, tokens: tensors.workload.tokens, keys: tensors.keys[...], values: tensors.values[...])
    let places = workload.queries.runs.flatMap { $0 }
    for index in 0..<workload.batch * shape.queryHeads * places.count {
      let row = index / places.count / group
      let query = tensors.queries[index * shape.keyDim..<(index + 1) * shape.keyDim]
      let visible = workload.mask.visibleKeys(ofQueryAt: places[index % places.count], in: workload.keys)
      let logits = (0..<visible).map { token -> Scalar in
        var sum = CompensatedSum<Scalar>()
        let start = block.key(row: row, token: token)
        for (element, value) in query.enumerated() { sum.add(value * block.keys[start + element]) }
        return sum.total
      }
      let maximum = logits.max() ?? -.infinity
      let weights = logits.map { $0 > -.infinity ? Scalar.exp($0 - maximum) : 0 }
      var denominator = CompensatedSum<Scalar>()
      for weight in weights { denominator.add(weight) }
      logSumExps.append(maximum + Scalar.log(denominator.total))
      for element in 0..<shape.valueDim {
        var sum = CompensatedSum<Scalar>()
        for (token, weight) in weights.enumerated() { sum.add(weight * block.value(row: row, token: token, element)) }
        output.append(sum.total / denominator.total)
      }
    }
    self.workload = workload
    self.output = output
    self.logSumExps = logSumExps
  }

  /// The output of some of the query tokens, with the shape above.
  public func output(tokens: TokenRuns) -> [Scalar] {
    AttentionTensors.slice(
      output, tokens, of: workload.queries, rows: workload.batch * workload.shape.queryHeads,
      width: workload.shape.valueDim)
  }
}

/// A sum with a second number for what rounding has cut off (Neumaier, ZAMM 54, 1974).
public struct CompensatedSum<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
  private var sum: Scalar = 0
  private var rest: Scalar = 0

  /// An empty sum.
  public init() {}

  /// Adds a number.
  public mutating func add(_ value: Scalar) {
    let next = sum + value
    rest += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
    sum = next
  }

  /// The sum.
  public var total: Scalar { sum + rest }
}
