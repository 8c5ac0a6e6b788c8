import Quantities
import Workloads

/// Workloads of every kind: MHA, GQA, MLA, any batch, fewer tokens than ranks, tokens that don't divide; decode steps,
/// chunks of a prefill and full ones, masked or not.
public enum RandomWorkloads {
  /// Draws a workload.
  public static func next(using generator: inout SeededGenerator, tokens: ClosedRange<Int> = 1...5000)
    -> AttentionWorkload
  {
    let shape: AttentionShape
    if Int.random(in: 0..<6, using: &generator) == 0 {
      shape = .latent(
        queryHeads: Int.random(in: 1...16, using: &generator), latentDim: Int.random(in: 1...64, using: &generator),
        rotaryDim: Int.random(in: 0...16, using: &generator))
    } else {
      let kvHeads = Int.random(in: 1...6, using: &generator)
      shape = AttentionShape(
        queryHeads: kvHeads * Int.random(in: 1...5, using: &generator), kvHeads: kvHeads,
        keyDim: Int.random(in: 1...40, using: &generator))
    }
    let type = DataType.allCases.randomElement(using: &generator) ?? .bf16
    let batch = Int.random(in: 1...3, using: &generator)
    let count = Int.random(in: tokens, using: &generator)
    let queryTokens = [1, Int.random(in: 1...count, using: &generator), count].randomElement(using: &generator) ?? 1
    return AttentionWorkload(
      shape: shape, batch: batch, tokens: count, queryTokens: queryTokens,
      mask: AttentionMask.allCases.randomElement(using: &generator) ?? .full, type: type,
      partialType: Bool.random(using: &generator) ? .fp32 : type)
  }
}
