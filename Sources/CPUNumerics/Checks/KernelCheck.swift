import CAttention
import Quantities
import RealModule
import Topologies
import Workloads

/// Checks the fast path on this machine: decode and prefill in every variant that the processor can run, over every format
/// of the cache, for MHA, GQA and MLA, against plain attention in double precision.
///
/// Each output and log-sum-exp is held to the bound of its own query (``FastErrorBound``). Prefill reads single precision
/// only, and latent attention there has keys and values of its own, of different lengths. Of many queries of prefill some
/// are compared, the first and the last of each head among them.
public struct KernelCheck: Sendable {
  /// Chooses the numbers.
  public let seed: UInt64
  /// Numbers of cached tokens.
  public let tokens: [Int]
  /// The sequences of a batch.
  public let batch: Int
  /// The most threads: each number up to it, and each up to three, must give the same bits.
  public let jobs: Int
  private let products: MatrixProducts

  /// Describes a check; every number is at least 1.
  ///
  /// - Parameters:
  ///   - seed: Chooses the numbers.
  ///   - tokens: Numbers of cached tokens, at least one.
  ///   - batch: The sequences of a batch.
  ///   - jobs: The most threads.
  ///   - products: The library that prefill stands on.
  public init(seed: UInt64, tokens: [Int], batch: Int, jobs: Int, products: MatrixProducts) {
    self.seed = seed
    self.tokens = tokens
    self.batch = batch
    self.jobs = jobs
    self.products = products
  }

  static let shapes: [(name: String, shape: AttentionShape)] = [
    ("MHA", AttentionShape(queryHeads: 3, kvHeads: 3, keyDim: 128)),
    ("GQA", AttentionShape(queryHeads: 14, kvHeads: 2, keyDim: 80, valueDim: 72)),
    ("MLA", .latent(queryHeads: 5, latentDim: 160, rotaryDim: 31)),
  ]

  static let types: [DataType] = [.fp32, .bf16, .fp16]

  /// The most queries of a prefill: more than one block of them.
  static let mostQueries = FastPrefill.queryBlock + 1
  /// Of this many queries in a row one is compared.
  static let queryStep = 16

  /// What the command line must say to check the same again.
  public var reproduction: String {
    let tokens = tokens.map { "\($0)" }.joined(separator: ",")
    return "treeline check kernels --seed \(seed) --tokens \(tokens) --batch \(batch)"
  }

  /// The parts that progress is told of.
  public var partCount: Int { (Self.types.count + 2) * Self.shapes.count * tokens.count }

  /// Runs the check: for each variant its exponential, then decode by format, then prefill with and without a mask, then
  /// what threads change.
  ///
  /// - Parameter progress: Is told how many of ``partCount`` parts are done.
  public func residuals(progress: (Int) -> Void = { _ in }) throws(FastAttentionError) -> [Residual] {
    let variants = KernelVariant.available
    var done = 0
    var rows = variants.map { exponential($0) }
    for type in Self.types {
      var found = variants.map { row("decode, \($0), \(type)", Self.boundSource) }
      for (stream, entry) in Self.shapes.enumerated() {
        for count in tokens {
          let tensors = try decodeTensors(entry.shape, tokens: count, type: type, stream: UInt64(stream))
          let oracle = DecodeOracle(tensors, jobs: jobs)
          for (index, variant) in variants.enumerated() {
            let output = try FastDecode(jobs: jobs, variant: variant).run(tensors)
            oracle.compare(output, by: variant, at: place(entry.name, count), to: &found[index])
          }
          done += 1
          progress(done)
        }
      }
      rows += found.map(\.row)
    }
    for causal in [true, false] {
      let mask = causal ? "causal" : "no mask"
      var found = variants.map { row("prefill, \($0), \(mask)", Self.boundSource) }
      for (stream, entry) in Self.shapes.enumerated() {
        for count in tokens {
          let tensors = try prefillTensors(entry.shape, tokens: count, stream: UInt64(10 + stream))
          let oracle = PrefillOracle(tensors, causal: causal, step: Self.queryStep, jobs: jobs)
          for (index, variant) in variants.enumerated() {
            let output = FastPrefill(jobs: jobs, causal: causal, variant: variant, products: products).run(tensors)
            oracle.compare(output, at: place(entry.name, count), to: &found[index])
          }
          done += 1
          progress(done)
        }
      }
      rows += found.map(\.row)
    }
    for variant in variants { rows += try threadRows(variant) }
    return rows
  }

  private static let boundSource =
    "(e^2θ - 1)·max|v| or θ, θ = u·((4 + roundings of a logit)·max Σ|q·k| + exponentials + sums), for each query"

  private func place(_ shape: String, _ tokens: Int) -> String { "\(shape), \(tokens) token\(tokens == 1 ? "" : "s")" }

  private func row(_ name: String, _ source: String) -> WorstResidual {
    WorstResidual(name, source: source, reproduction: reproduction)
  }

  // MARK: Data

  private func decodeTensors(
    _ shape: AttentionShape, tokens: Int, type: DataType, stream: UInt64
  ) throws(FastAttentionError) -> FastTensors {
    let workload = AttentionWorkload(shape: shape, batch: batch, tokens: tokens, type: .fp32)
    return try FastTensors(
      AttentionTensors<Float>(
        workload: workload, seed: SeededHash.mix(seed, stream, UInt64(tokens)), spread: TheoryCheck.spread),
      as: type)
  }

  private func prefillTensors(
    _ shape: AttentionShape, tokens: Int, stream: UInt64
  ) throws(FastAttentionError) -> PrefillTensors {
    // Latent attention expands to a key and a value for each head.
    let own =
      shape.valuesShareKeys
      ? AttentionShape(
        queryHeads: shape.queryHeads, kvHeads: shape.queryHeads, keyDim: shape.keyDim, valueDim: shape.valueDim)
      : shape
    let queryTokens = min(tokens, Self.mostQueries)
    // Keys and values as decoding draws them, queries as those of so many sequences.
    let drawn = AttentionTensors<Float>(
      workload: AttentionWorkload(shape: own, batch: batch * queryTokens, tokens: 1, type: .fp32),
      seed: SeededHash.mix(seed, stream, UInt64(tokens)), spread: TheoryCheck.spread)
    let cache = AttentionTensors<Float>(
      workload: AttentionWorkload(shape: own, batch: batch, tokens: tokens, type: .fp32),
      seed: SeededHash.mix(seed, stream, UInt64(tokens)), spread: TheoryCheck.spread)
    return try PrefillTensors(
      shape: own, batch: batch, queryTokens: queryTokens, tokens: tokens, queries: drawn.queries, keys: cache.keys,
      values: cache.values)
  }

  // MARK: Rows

  /// The exponential in units in the last place, on numbers with every exponent between overflow and underflow.
  private func exponential(_ variant: KernelVariant) -> Residual {
    var found = row("exponential, \(variant)", "units in the last place, as the other bounds take them")
    var numbers: [Float] = []
    for bits in stride(from: UInt32(0), to: .max, by: 10_007) {
      let number = Float(bitPattern: bits)
      if number > -104 && number < 88 { numbers.append(number) }
    }
    var results = [Float](repeating: .nan, count: numbers.count)
    treeline_exp(variant.rawValue, numbers, &results, numbers.count)
    for (number, result) in zip(numbers, results) {
      let exact = Double.exp(Double(number))
      found.see(
        abs(Double(result) - exact) / Double(Float(exact).ulp), within: FastErrorBound.exponentialUnits,
        at: "e^\(number)")
    }
    return found.row
  }

  /// How many numbers other numbers of threads change.
  private func threadRows(_ variant: KernelVariant) throws(FastAttentionError) -> [Residual] {
    var decode = row("threads, decode, \(variant)", "the same bits for any --jobs")
    var prefill = row("threads, prefill, \(variant)", "the same bits for any --jobs")
    let shape = Self.shapes[1].shape
    let count = tokens.max() ?? 1
    let cache = try decodeTensors(shape, tokens: count, type: .bf16, stream: 20)
    let sequence = try prefillTensors(shape, tokens: count, stream: 21)
    let decodedByOne = try FastDecode(jobs: 1, variant: variant).run(cache)
    let filledByOne = FastPrefill(jobs: 1, causal: true, variant: variant, products: products).run(sequence)
    for jobs in Self.threadCounts(jobs) {
      let decoded = try FastDecode(jobs: jobs, variant: variant).run(cache)
      decode.see(Double(decoded.bitsThatDiffer(from: decodedByOne)), within: 0, at: "\(jobs) threads")
      let filled = FastPrefill(jobs: jobs, causal: true, variant: variant, products: products).run(sequence)
      prefill.see(Double(filled.bitsThatDiffer(from: filledByOne)), within: 0, at: "\(jobs) threads")
    }
    return [decode.row, prefill.row]
  }

  /// Every number of threads from 2 to 16 that is not above the most, three at least, and the most.
  static func threadCounts(_ most: Int) -> [Int] {
    let most = max(most, 3)
    return Array(2...min(most, 16)) + (most > 16 ? [most] : [])
  }
}

extension FastOutput {
  /// How many numbers have other bits.
  fileprivate func bitsThatDiffer(from other: FastOutput) -> Int {
    zip(output + logSumExps, other.output + other.logSumExps).count { $0.bitPattern != $1.bitPattern }
      + abs(output.count - other.output.count)
  }
}
