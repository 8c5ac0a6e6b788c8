import CAttention
import CPUNumerics
import Quantities
import Synchronization
import Workloads

/// One decode step, and a plain read of the same keys and values.
struct DecodeJob: BenchJob {
  let tensors: FastTensors
  let decode: FastDecode

  init(type: String, queryHeads: Int, kvHeads: Int, dim: Int, tokens: Int, jobs: Int) throws {
    guard let type = DataType(rawValue: type) else { throw BenchError(line: "decode \(type)") }
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: queryHeads, kvHeads: kvHeads, keyDim: dim), batch: 1, tokens: tokens, type: type
    )
    func cache(_ seed: UInt32) throws -> CacheElements {
      let count = kvHeads * tokens * dim
      guard type == .bf16 else { return try CacheElements(drawn(count, seed: seed), as: type) }
      // The same by cutting bits off: rounding half a billion numbers takes a minute.
      return .bf16(drawn(count, seed: seed).map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) })
    }
    tensors = try FastTensors(
      workload: workload, queries: drawn(queryHeads * dim, seed: 1, scale: 3 / Float(dim).squareRoot()), keys: cache(2),
      values: cache(3))
    decode = FastDecode(jobs: jobs)
  }

  var work: Int { tensors.keys.byteCount + tensors.values.byteCount }

  func run(_ name: String) throws -> Float? {
    switch name {
    case "attention": try decode.run(tensors).output.reduce(0, +)
    case "read": read(.widest)
    case "read-avx2" where KernelVariant.avx2.isAvailable: read(.avx2)
    default: nil
    }
  }

  /// Sums all bytes as floats, a megabyte a turn, by as many threads as decode has.
  private func read(_ variant: KernelVariant) -> Float {
    var total: Float = 0
    for elements in [tensors.keys, tensors.values] {
      elements.withBytes { bytes in
        let floats = bytes.assumingMemoryBound(to: Float.self)
        let turn = 1 << 18
        let turns = (floats.count + turn - 1) / turn
        var sums = [Float](repeating: 0, count: turns)
        sums.withUnsafeMutableBufferPointer { sums in
          nonisolated(unsafe) let sums = sums
          ParallelLoop(jobs: decode.jobs).run(turns) { index in
            let start = index * turn
            guard let base = floats.baseAddress else { return }
            sums[index] = treeline_sum(variant.rawValue, base + start, min(turn, floats.count - start))
          }
        }
        total += sums.reduce(0, +)
      }
    }
    // Bits that are read as floats may add up to no number: that is no failure here.
    return total.isNaN ? 0 : total
  }
}
