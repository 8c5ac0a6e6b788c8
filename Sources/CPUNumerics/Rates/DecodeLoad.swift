import CAttention
import Quantities
import Workloads

/// A decode step to be timed, and a plain read of the same keys and values.
public struct DecodeLoad: Sendable {
  private let tensors: FastTensors
  private let decode: FastDecode

  /// Draws the numbers of a step of one sequence.
  ///
  /// - Parameters:
  ///   - type: What keys and values are stored as: fp32, bf16 or fp16.
  ///   - queryHeads: The query heads, a multiple of the KV heads.
  ///   - kvHeads: The KV heads.
  ///   - dim: The elements of a query, a key and a value.
  ///   - tokens: The cached tokens.
  ///   - jobs: The threads.
  public init(
    type: DataType, queryHeads: Int, kvHeads: Int, dim: Int, tokens: Int, jobs: Int
  ) throws(FastAttentionError) {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: queryHeads, kvHeads: kvHeads, keyDim: dim), batch: 1, tokens: tokens, type: type
    )
    func cache(_ seed: UInt32) throws(FastAttentionError) -> CacheElements {
      let numbers = LoadNumbers.drawn(kvHeads * tokens * dim, seed: seed)
      guard type == .bf16 else { return try CacheElements(numbers, as: type) }
      // The same by cutting bits off: rounding half a billion numbers takes a minute.
      return .bf16(numbers.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) })
    }
    tensors = try FastTensors(
      workload: workload,
      queries: LoadNumbers.drawn(queryHeads * dim, seed: 1, scale: 3 / Float(dim).squareRoot()), keys: cache(2),
      values: cache(3))
    decode = FastDecode(jobs: jobs)
  }

  /// The bytes of keys and values, which one step reads.
  public var bytes: Bytes { Bytes(Int64(tensors.keys.byteCount + tensors.values.byteCount)) }

  /// Decodes once; the sum of the output keeps the work from being left out.
  public func attend() throws(FastAttentionError) -> Float { try decode.run(tensors).output.reduce(0, +) }

  /// Sums all bytes as floats, a megabyte a turn, by as many threads as decode has.
  ///
  /// - Parameter variant: The instructions to read by; one that this processor has.
  public func read(_ variant: KernelVariant) -> Float {
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

/// Numbers between -1 and 1, as good as any for a measurement, and drawn fast.
enum LoadNumbers {
  static func drawn(_ count: Int, seed: UInt32, scale: Float = 1) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return (Float(state >> 8) * 0x1p-23 - 1) * scale
    }
  }
}
