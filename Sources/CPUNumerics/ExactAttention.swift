import Quantities
import RealModule
import Workloads

/// Attention computed plainly, key by key, with the softmax over all of them at once: what every algorithm must equal.
///
/// Sums are compensated (Neumaier 1974), so that the result is as good as its logits are. Special logits follow the rules
/// of ``SoftmaxState``: minus infinity adds nothing, whatever the value; plus infinity or NaN makes the head's output and
/// log-sum-exp NaN; no keys give zero and minus infinity.
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
      guard logits.allSatisfy({ $0 < .infinity }) else {
        // NaN fails every comparison, and so comes here too.
        logSumExps.append(.nan)
        output += [Scalar](repeating: .nan, count: shape.valueDim)
        continue
      }
      let seen = logits.indices.filter { logits[$0] > -.infinity }
      guard let maximum = seen.map({ logits[$0] }).max() else {
        logSumExps.append(-.infinity)
        output += [Scalar](repeating: 0, count: shape.valueDim)
        continue
      }
      let weights = seen.map { Scalar.exp(logits[$0] - maximum) }
      var denominator = CompensatedSum<Scalar>()
      for weight in weights { denominator.add(weight) }
      logSumExps.append(maximum + Scalar.log(denominator.total))
      // Key by key, as values lie; each element's sum adds in the order of the keys.
      var sums = [CompensatedSum<Scalar>](repeating: CompensatedSum(), count: shape.valueDim)
      for place in seen.indices {
        for element in sums.indices {
          sums[element].add(weights[place] * block.value(row: row, token: seen[place], element))
        }
      }
      output += sums.map { $0.total / denominator.total }
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

  /// The sum; infinite or NaN where plain addition would be.
  public var total: Scalar { sum.isFinite ? sum + rest : sum }
}

extension ExactAttention where Scalar == Double {
  /// Computes the attention of numbers in single precision in double, head by head.
  ///
  /// - Parameters:
  ///   - tensors: The numbers.
  ///   - jobs: The most threads; changes no bit.
  init(widening tensors: AttentionTensors<Float>, jobs: Int) {
    let shape = tensors.workload.shape
    let tokens = tensors.workload.tokens
    let group = shape.queryHeads / shape.kvHeads
    var one = shape
    one.queryHeads = 1
    one.kvHeads = 1
    let queryTokens = tensors.workload.queryTokens
    let workload = AttentionWorkload(
      shape: one, batch: 1, tokens: tokens, queryTokens: queryTokens, mask: tensors.workload.mask, type: .fp32)
    let heads = tensors.workload.batch * shape.queryHeads
    func widened(_ numbers: [Float], _ row: Int, _ size: Int) -> [Double] {
      numbers.isEmpty ? [] : numbers[row * size..<(row + 1) * size].map { Double($0) }
    }
    let found = ParallelLoop(jobs: jobs).map(heads) { head in
      ExactAttention(
        AttentionTensors(
          workload: workload, queries: widened(tensors.queries, head, queryTokens * shape.keyDim),
          keys: widened(tensors.keys, head / group, tokens * shape.keyDim),
          values: widened(tensors.values, head / group, tokens * shape.valueDim)))
    }
    self.workload = tensors.workload
    output = found.flatMap(\.output)
    logSumExps = found.flatMap(\.logSumExps)
  }
}
