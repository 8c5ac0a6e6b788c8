import CAttention
import RealModule
import Workloads

/// Prefill attention by blocks: logits and outputs as matrix products of OpenBLAS, the online softmax between them
/// (FlashAttention-2, arXiv 2307.08691, algorithm 1).
///
/// A task is a block of one head's queries against all keys that they see; tasks share nothing, so the result has the
/// same bits for any ``jobs``. It may differ between builds of OpenBLAS and between processors. All arithmetic is in
/// single precision; `FastPrefillTests` compare with attention in double precision.
public struct FastPrefill: Sendable {
  /// The most threads; changes no bit of the result.
  public var jobs: Int
  /// Whether a query sees only the tokens up to its own.
  public var causal: Bool
  /// The instructions of the softmax; nil for the widest here.
  public var variant: KernelVariant?
  private let products: MatrixProducts

  /// The queries of a task: many enough for products at full speed, few enough to waste little above the diagonal.
  static let queryBlock = 256
  /// The keys of a block; its logits stay in a second-level cache.
  static let keyBlock = 512

  /// Creates prefill attention; throws when OpenBLAS is missing or fails its test (``MatrixProducts/checked(path:)``).
  ///
  /// - Parameters:
  ///   - jobs: The most threads, at least 1.
  ///   - causal: Whether a query sees only the tokens up to its own.
  ///   - variant: The instructions of the softmax; nil for the widest that this processor has.
  ///   - openBLAS: The library's file; nil for what the system's loader finds.
  public init(
    jobs: Int, causal: Bool = true, variant: KernelVariant? = nil, openBLAS: String? = nil
  ) throws(FastAttentionError) {
    if let variant, !variant.isAvailable { throw .variant(variant) }
    self.init(jobs: jobs, causal: causal, variant: variant, products: try MatrixProducts.checked(path: openBLAS))
  }

  /// Creates prefill attention over a library that has been tried.
  init(jobs: Int, causal: Bool, variant: KernelVariant?, products: MatrixProducts) {
    self.jobs = max(jobs, 1)
    self.causal = causal
    self.variant = variant
    self.products = products
  }

  /// The library that computes the products.
  public var library: String { products.configuration }

  /// The attention of each query to the keys that it sees. Logits are q·k as they are: a scale belongs into the queries.
  public func run(_ tensors: PrefillTensors) -> FastOutput {
    let shape = tensors.shape
    let heads = tensors.batch * shape.queryHeads
    let rows = heads * tensors.queryTokens
    var output = [Float](repeating: 0, count: rows * shape.valueDim)
    var logSumExps = [Float](repeating: -.infinity, count: rows)
    let blocks = (tensors.queryTokens + Self.queryBlock - 1) / Self.queryBlock
    output.withUnsafeMutableBufferPointer { output in
      logSumExps.withUnsafeMutableBufferPointer { logSumExps in
        tensors.queries.withUnsafeBufferPointer { queries in
          tensors.keys.withUnsafeBufferPointer { keys in
            tensors.values.withUnsafeBufferPointer { values in
              guard let output = output.baseAddress, let logSumExps = logSumExps.baseAddress,
                let queries = queries.baseAddress, let keys = keys.baseAddress, let values = values.baseAddress
              else { return }
              // The longest tasks first: the last queries see the most keys.
              ParallelLoop(jobs: jobs).run(heads * blocks) { turn in
                let head = turn % heads
                let start = (blocks - 1 - turn / heads) * Self.queryBlock
                let row = head * tensors.queryTokens + start
                let kvRow = head / (shape.queryHeads / shape.kvHeads) * tensors.tokens
                attend(
                  PrefillTask(
                    queries: min(Self.queryBlock, tensors.queryTokens - start), keyDim: shape.keyDim,
                    valueDim: shape.valueDim, tokens: tensors.tokens,
                    seen: causal ? tensors.tokens - tensors.queryTokens + start + 1 : tensors.tokens,
                    query: queries + row * shape.keyDim, keys: keys + kvRow * shape.keyDim,
                    values: values + kvRow * shape.valueDim, output: output + row * shape.valueDim,
                    logSumExps: logSumExps + row))
              }
            }
          }
        }
      }
    }
    return FastOutput(output: output, logSumExps: logSumExps)
  }

  /// One block of queries against all keys that any of them sees.
  private func attend(_ task: PrefillTask) {
    let logitBytes = Self.queryBlock * Self.keyBlock * 4
    let scratch = AlignedScratch(byteCount: logitBytes + 2 * Self.queryBlock * 4)
    let logits = scratch.floats()
    let maxima = scratch.floats(at: logitBytes)
    let denominators = maxima + Self.queryBlock
    maxima.update(repeating: -.infinity, count: task.queries)
    denominators.update(repeating: 0, count: task.queries)
    let end = causal ? min(task.tokens, task.seen + task.queries - 1) : task.tokens
    for start in stride(from: 0, to: end, by: Self.keyBlock) {
      let columns = min(Self.keyBlock, end - start)
      products.timesTransposed(
        task.query, task.keys + start * task.keyDim, rows: task.queries, columns: columns, depth: task.keyDim,
        into: logits, stride: Self.keyBlock)
      var block = treeline_softmax_block(
        rows: task.queries, columns: columns, stride: Self.keyBlock, visible: task.seen - start, step: causal ? 1 : 0,
        logits: logits, maxima: maxima, denominators: denominators, numerators: task.output, width: task.valueDim)
      treeline_softmax((variant ?? .widest).rawValue, &block)
      products.addProduct(
        logits, stride: Self.keyBlock, task.values + start * task.valueDim, rows: task.queries,
        columns: task.valueDim, depth: columns, to: task.output)
    }
    for row in 0..<task.queries where denominators[row] != 0 {
      task.logSumExps[row] = maxima[row] + Float.log(denominators[row])
      let numerators = task.output + row * task.valueDim
      for element in 0..<task.valueDim { numerators[element] /= denominators[row] }
    }
  }
}

/// A block of one head's queries, and where everything of it lies.
private struct PrefillTask {
  let queries: Int
  let keyDim: Int
  let valueDim: Int
  let tokens: Int
  /// The tokens that the first query sees; under a causal mask the next sees one more.
  let seen: Int
  let query: UnsafePointer<Float>
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let logSumExps: UnsafeMutablePointer<Float>
}
