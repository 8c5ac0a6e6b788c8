import COpenBLAS
import CPUNumerics
import Workloads

/// Causal prefill, and the same matrix products on whole matrices without mask or softmax.
struct PrefillJob: BenchJob {
  let tensors: PrefillTensors
  let prefill: FastPrefill

  init(heads: Int, dim: Int, tokens: Int, jobs: Int) throws {
    let count = heads * tokens * dim
    tensors = try PrefillTensors(
      shape: AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: dim), batch: 1, queryTokens: tokens,
      tokens: tokens, queries: drawn(count, seed: 1, scale: 3 / Float(dim).squareRoot()), keys: drawn(count, seed: 2),
      values: drawn(count, seed: 3))
    prefill = try FastPrefill(jobs: jobs)
  }

  /// The operations on what the mask lets through, twice over for q·k and p·v; the products do nearly twice as many.
  var work: Int { 4 * tensors.shape.queryHeads * tensors.shape.keyDim * (tensors.tokens * (tensors.tokens + 1) / 2) }

  func run(_ name: String) throws -> Float? {
    switch name {
    case "attention": prefill.run(tensors).output.reduce(0, +)
    case "products": products()
    default: nil
    }
  }

  /// Each head's two products by cblas_sgemm, heads spread over the threads, OpenBLAS's own threads off.
  private func products() -> Float {
    let (tokens, dim) = (tensors.tokens, tensors.shape.keyDim)
    let heads = tensors.shape.queryHeads
    var output = [Float](repeating: 0, count: heads * tokens * dim)
    output.withUnsafeMutableBufferPointer { output in
      nonisolated(unsafe) let output = output
      let count = blasint(tokens)
      let width = blasint(dim)
      ParallelLoop(jobs: prefill.jobs).run(heads) { head in
        let logits = UnsafeMutablePointer<Float>.allocate(capacity: tokens * tokens)
        defer { logits.deallocate() }
        tensors.queries.withUnsafeBufferPointer { queries in
          tensors.keys.withUnsafeBufferPointer { keys in
            tensors.values.withUnsafeBufferPointer { values in
              let start = head * tokens * dim
              guard let query = queries.baseAddress, let key = keys.baseAddress, let value = values.baseAddress,
                let output = output.baseAddress
              else { return }
              cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, count, count, width, 1, query + start, width, key + start,
                width, 0, logits, count)
              cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, count, width, count, 1, logits, count, value + start, width,
                0, output + start, width)
            }
          }
        }
      }
    }
    return output.reduce(0, +)
  }
}
