import RealModule
import Workloads

/// What one query must give, and by how much it may miss it.
struct QueryOracle {
  private let output: [Double]
  private let logSumExp: Double
  private let keys: Int
  private let largestProduct: Double
  private let largestValue: Double

  /// Computes plain attention of one query of one head in double precision.
  ///
  /// - Parameters:
  ///   - query: Key dim elements.
  ///   - keys: Keys × key dim.
  ///   - values: From the first element of the first value on; empty where values are the keys' first elements.
  ///   - valueDim: The length of a value.
  init(query: [Double], keys: [Double], values: [Double], valueDim: Int) {
    let keyDim = query.count
    let count = keys.count / keyDim
    let shape =
      values.isEmpty
      ? AttentionShape.latent(queryHeads: 1, latentDim: valueDim, rotaryDim: keyDim - valueDim)
      : AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: keyDim, valueDim: valueDim)
    let exact = ExactAttention(
      AttentionTensors<Double>(
        workload: AttentionWorkload(shape: shape, batch: 1, tokens: count, type: .fp32), queries: query, keys: keys,
        values: values))
    output = exact.output
    logSumExp = exact.logSumExps[0]
    var product = 0.0
    for key in 0..<count {
      var sum = 0.0
      for element in 0..<keyDim { sum += abs(query[element] * keys[key * keyDim + element]) }
      product = max(product, sum)
    }
    self.keys = count
    largestProduct = product
    largestValue = (values.isEmpty ? keys : values).reduce(0) { max($0, abs($1)) }
  }

  /// The bound of decoding in a variant.
  func decodeBound(_ variant: KernelVariant, keyDim: Int) -> FastErrorBound {
    FastErrorBound(
      logitRoundings: variant.logitRoundings(keyDim: keyDim), keys: keys, block: FastDecode.blockTokens,
      run: FastDecode.splitTokens, largestProduct: largestProduct, largestValue: largestValue, logSumExp: logSumExp)
  }

  /// The bound of prefill.
  func prefillBound(keyDim: Int) -> FastErrorBound {
    FastErrorBound(
      logitRoundings: keyDim, keys: keys, block: FastPrefill.keyBlock, run: nil, largestProduct: largestProduct,
      largestValue: largestValue, logSumExp: logSumExp)
  }

  /// Sets an output and a log-sum-exp beside what they must be.
  func compare(
    _ found: ArraySlice<Float>, _ foundLogSumExp: Float, _ bound: FastErrorBound, at place: @autoclosure () -> String,
    to row: inout WorstResidual
  ) {
    row.see(largestDistance(found, output), within: bound.output, at: "\(place()), output")
    row.see(
      largestDistance([foundLogSumExp], [logSumExp]), within: bound.logSumExp, at: "\(place()), LSE")
  }
}

/// What a decode step must give, query by query.
struct DecodeOracle {
  private let queries: [QueryOracle]
  private let keyDim: Int
  private let valueDim: Int

  init(_ tensors: FastTensors, jobs: Int = 1) {
    let shape = tensors.workload.shape
    let (tokens, group) = (tensors.workload.tokens, shape.queryHeads / shape.kvHeads)
    let keys = tensors.keys.numbers.map { Double($0) }
    let values = tensors.values.numbers.map { Double($0) }
    (keyDim, valueDim) = (shape.keyDim, shape.valueDim)
    queries = ParallelLoop(jobs: jobs).map(tensors.workload.batch * shape.queryHeads) { head in
      let row = head / group * tokens
      return QueryOracle(
        query: tensors.queries[head * shape.keyDim..<(head + 1) * shape.keyDim].map { Double($0) },
        keys: Array(keys[row * shape.keyDim..<(row + tokens) * shape.keyDim]),
        values: values.isEmpty ? [] : Array(values[row * shape.valueDim..<(row + tokens) * shape.valueDim]),
        valueDim: shape.valueDim)
    }
  }

  func compare(_ found: FastOutput, by variant: KernelVariant, at place: String, to row: inout WorstResidual) {
    for (head, query) in queries.enumerated() {
      query.compare(
        found.output[head * valueDim..<(head + 1) * valueDim], found.logSumExps[head],
        query.decodeBound(variant, keyDim: keyDim), at: "\(place), head \(head)", to: &row)
    }
  }
}

/// What some queries of a prefill must give.
struct PrefillOracle {
  private let queries: [(row: Int, oracle: QueryOracle)]
  private let keyDim: Int
  private let valueDim: Int

  /// - Parameters:
  ///   - tensors: The numbers.
  ///   - causal: Whether a query sees only the tokens up to its own.
  ///   - step: Of so many queries in a row one is looked at, and the last.
  ///   - jobs: The most threads.
  init(_ tensors: PrefillTensors, causal: Bool, step: Int, jobs: Int = 1) {
    let shape = tensors.shape
    let group = shape.queryHeads / shape.kvHeads
    let keys = tensors.keys.map { Double($0) }
    let values = tensors.values.map { Double($0) }
    (keyDim, valueDim) = (shape.keyDim, shape.valueDim)
    queries = ParallelLoop(jobs: jobs).map(tensors.batch * shape.queryHeads) { head in
      let first = head / group * tensors.tokens
      let looked = Array(stride(from: 0, to: tensors.queryTokens - 1, by: step)) + [tensors.queryTokens - 1]
      return looked.map { query in
        let seen = causal ? tensors.tokens - tensors.queryTokens + query + 1 : tensors.tokens
        let row = head * tensors.queryTokens + query
        let oracle = QueryOracle(
          query: tensors.queries[row * shape.keyDim..<(row + 1) * shape.keyDim].map { Double($0) },
          keys: Array(keys[first * shape.keyDim..<(first + seen) * shape.keyDim]),
          values: Array(values[first * shape.valueDim..<(first + seen) * shape.valueDim]), valueDim: shape.valueDim)
        return (row, oracle)
      }
    }.flatMap { $0 }
  }

  func compare(_ found: FastOutput, at place: String, to row: inout WorstResidual) {
    for (index, oracle) in queries {
      oracle.compare(
        found.output[index * valueDim..<(index + 1) * valueDim], found.logSumExps[index],
        oracle.prefillBound(keyDim: keyDim), at: "\(place), row \(index)", to: &row)
    }
  }
}
