import Quantities
import Workloads

/// Causal prefill to be timed, and the same matrix products on whole matrices without mask or softmax.
public struct PrefillLoad: Sendable {
  private let tensors: PrefillTensors
  private let prefill: FastPrefill
  private let products: MatrixProducts

  /// Draws the numbers of one sequence.
  ///
  /// - Parameters:
  ///   - heads: The heads, each with its keys and values.
  ///   - dim: The elements of a query, a key and a value.
  ///   - tokens: The tokens, each with a query.
  ///   - jobs: The threads.
  ///   - products: The library that computes the products.
  public init(heads: Int, dim: Int, tokens: Int, jobs: Int, products: MatrixProducts) throws(FastAttentionError) {
    let count = heads * tokens * dim
    tensors = try PrefillTensors(
      shape: AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: dim), batch: 1, queryTokens: tokens,
      tokens: tokens, queries: LoadNumbers.drawn(count, seed: 1, scale: 3 / Float(dim).squareRoot()),
      keys: LoadNumbers.drawn(count, seed: 2), values: LoadNumbers.drawn(count, seed: 3))
    self.products = products
    prefill = FastPrefill(jobs: jobs, causal: true, variant: nil, products: products)
  }

  /// The operations on what the mask lets through: twice a product and a sum for q·k and for p·v.
  public var work: FLOPs {
    FLOPs(
      Double(4 * tensors.shape.queryHeads * tensors.shape.keyDim) * Double(tensors.tokens * (tensors.tokens + 1) / 2))
  }

  /// The operations of ``multiply()``, which no mask halves.
  public var productWork: FLOPs {
    FLOPs(Double(4 * tensors.shape.queryHeads * tensors.shape.keyDim) * Double(tensors.tokens * tensors.tokens))
  }

  /// Attends once; the sum of the output keeps the work from being left out.
  public func attend() -> Float { prefill.run(tensors).output.reduce(0, +) }

  /// Each head's two products by cblas_sgemm, heads spread over the threads.
  public func multiply() -> Float {
    let (tokens, dim) = (tensors.tokens, tensors.shape.keyDim)
    let heads = tensors.shape.queryHeads
    var output = [Float](repeating: 0, count: heads * tokens * dim)
    output.withUnsafeMutableBufferPointer { output in
      nonisolated(unsafe) let output = output
      ParallelLoop(jobs: prefill.jobs).run(heads) { head in
        let logits = AlignedScratch(byteCount: tokens * tokens * 4)
        tensors.queries.withUnsafeBufferPointer { queries in
          tensors.keys.withUnsafeBufferPointer { keys in
            tensors.values.withUnsafeBufferPointer { values in
              let start = head * tokens * dim
              guard let query = queries.baseAddress, let key = keys.baseAddress, let value = values.baseAddress,
                let output = output.baseAddress
              else { return }
              products.timesTransposed(
                query + start, key + start, rows: tokens, columns: tokens, depth: dim, into: logits.floats(),
                stride: tokens)
              products.addProduct(
                logits.floats(), stride: tokens, value + start, rows: tokens, columns: dim, depth: tokens,
                to: output + start)
            }
          }
        }
      }
    }
    return output.reduce(0, +)
  }
}
