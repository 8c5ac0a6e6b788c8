import Quantities
import Workloads

/// Workloads of every kind: MHA, GQA, MLA, any batch, fewer tokens than ranks, and tokens that don't divide.
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
    return AttentionWorkload(
      shape: shape, batch: Int.random(in: 1...3, using: &generator), tokens: Int.random(in: tokens, using: &generator),
      type: type, partialType: Bool.random(using: &generator) ? .fp32 : type)
  }
}
