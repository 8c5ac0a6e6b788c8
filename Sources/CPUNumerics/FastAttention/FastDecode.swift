import CAttention
import Quantities
import RealModule
import Workloads

/// Decode attention at the speed of memory: flash decoding (Dao et al., 2023) with a fixed split of the tokens.
///
/// The tokens of each KV head are cut into runs of ``splitTokens``, whatever the number of threads; each run gives the
/// softmax states of the query heads that share the KV head, reading its keys and values once; the states of a head are
/// merged in the order of the tokens. So the result has the same bits for any ``jobs``.
///
/// Errors: products and sums are in single precision. A logit is a sum of key dim products, kept in 2 to 32 partial
/// sums; weights have the error of ``KernelVariant``'s exponential; values are summed over blocks of 128 tokens, blocks
/// over a run, runs over a head. ``FastErrorBound`` says what that comes to. Results of one variant are the same
/// everywhere; the variant that is fastest may differ from one processor to the next.
public struct FastDecode: Sendable {
  /// The most threads; changes no bit of the result.
  public var jobs: Int
  /// The instructions to use; nil for what is fastest here.
  public var variant: KernelVariant?
  /// The tokens that one thread takes at a time. A part of the result: states are merged run by run.
  static let splitTokens = 4096
  /// The tokens whose values are summed before they join the run's; CAttention's BLOCK.
  static let blockTokens = 128

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - jobs: The most threads, at least 1.
  ///   - variant: The instructions to use; nil for what is fastest on this processor.
  public init(jobs: Int, variant: KernelVariant? = nil) {
    self.jobs = max(jobs, 1)
    self.variant = variant
  }

  /// The attention of all queries to all keys. Logits are q·k as they are: a scale belongs into the queries.
  ///
  /// Throws only for a ``variant`` that this processor can't run.
  public func run(_ tensors: FastTensors) throws(FastAttentionError) -> FastOutput {
    if let variant, !variant.isAvailable { throw .variant(variant) }
    let shape = tensors.workload.shape
    let plan = DecodePlan(tensors.workload, splitTokens: Self.splitTokens)
    let states = AlignedScratch(byteCount: plan.runs * plan.stateFloats * 4)
    let variant = (variant ?? .decoding(group: plan.group)).rawValue
    let loop = ParallelLoop(jobs: jobs)
    tensors.queries.withUnsafeBufferPointer { queries in
      tensors.keys.withBytes { keys in
        tensors.values.withBytes { values in
          let type = tensors.keys.kernelType
          let size = tensors.keys.elementSize
          let scratchBytes = treeline_decode_scratch(plan.group, shape.keyDim, shape.valueDim)
          loop.run(plan.runs) { run in
            guard let query = queries.baseAddress, let key = keys.baseAddress else { return }
            let scratch = AlignedScratch(byteCount: scratchBytes)
            let state = states.floats(at: run * plan.stateFloats * 4)
            let (row, tokens) = plan.part(run)
            let first = row * plan.tokens + tokens.lowerBound
            let value = values.baseAddress.map { $0 + first * shape.valueDim * size }
            var task = treeline_decode_task(
              type: type, heads: plan.group, tokens: tokens.count, key_dim: shape.keyDim, value_dim: shape.valueDim,
              value_stride: shape.valuesShareKeys ? shape.keyDim : shape.valueDim,
              queries: query + row * plan.group * shape.keyDim, keys: key + first * shape.keyDim * size,
              values: shape.valuesShareKeys ? key + first * shape.keyDim * size : value, maxima: state,
              denominators: state + plan.group, numerators: state + 2 * plan.group)
            treeline_decode(variant, &task, scratch.base)
          }
        }
      }
    }
    return merged(states.floats(), plan)
  }

  /// Merges the runs of each head in the order of their tokens.
  private func merged(_ states: UnsafeMutablePointer<Float>, _ plan: DecodePlan) -> FastOutput {
    var output: [Float] = []
    var logSumExps: [Float] = []
    output.reserveCapacity(plan.rows * plan.group * plan.valueDim)
    logSumExps.reserveCapacity(plan.rows * plan.group)
    for row in 0..<plan.rows {
      for head in 0..<plan.group {
        var state = SoftmaxState<Float>(width: plan.valueDim)
        for split in 0..<plan.splits {
          let found = states + (row * plan.splits + split) * plan.stateFloats
          let numerators = found + 2 * plan.group + head * plan.valueDim
          state.merge(
            SoftmaxState(
              maximum: found[head], denominator: found[plan.group + head],
              numerators: Array(UnsafeBufferPointer(start: numerators, count: plan.valueDim))))
        }
        output += state.output
        logSumExps.append(state.logSumExp)
      }
    }
    return FastOutput(output: output, logSumExps: logSumExps)
  }
}

/// How a decode step is cut into runs of tokens, each of one KV head of one sequence.
struct DecodePlan {
  /// KV heads over the batch.
  let rows: Int
  /// Query heads to a KV head.
  let group: Int
  let tokens: Int
  let valueDim: Int
  let splitTokens: Int

  init(_ workload: AttentionWorkload, splitTokens: Int) {
    rows = workload.batch * workload.shape.kvHeads
    group = workload.shape.queryHeads / workload.shape.kvHeads
    tokens = workload.tokens
    valueDim = workload.shape.valueDim
    self.splitTokens = splitTokens
  }

  /// Runs of one row.
  var splits: Int { (tokens + splitTokens - 1) / splitTokens }

  /// Runs of all rows.
  var runs: Int { rows * splits }

  /// The floats of one run's states: maxima, denominators, numerators; whole cache lines, so that threads share none.
  var stateFloats: Int { (group * (2 + valueDim) + 15) / 16 * 16 }

  /// The row and the tokens of a run.
  func part(_ run: Int) -> (row: Int, tokens: Range<Int>) {
    let start = run % splits * splitTokens
    return (run / splits, start..<min(start + splitTokens, tokens))
  }
}
