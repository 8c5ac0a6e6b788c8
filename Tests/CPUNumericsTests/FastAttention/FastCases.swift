import Quantities
import RealModule
import TestSupport
import Workloads

@testable import CPUNumerics

/// Shapes and checks that the tests of the fast path share.
enum FastCases {
  static let types: [DataType] = [.fp32, .bf16, .fp16]

  /// Workloads of every kind: MHA, GQA and MLA, head dims from 1 to 256, groups that no tile divides.
  static func next(using generator: inout SeededGenerator, tokens: ClosedRange<Int>) -> AttentionWorkload {
    let shape: AttentionShape
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
      shape = .latent(
        queryHeads: Int.random(in: 1...19, using: &generator), latentDim: Int.random(in: 1...160, using: &generator),
        rotaryDim: Int.random(in: 0...33, using: &generator))
    case 1:
      let kvHeads = Int.random(in: 1...2, using: &generator)
      shape = AttentionShape(
        queryHeads: kvHeads * Int.random(in: 1...7, using: &generator), kvHeads: kvHeads,
        keyDim: Int.random(in: 1...80, using: &generator), valueDim: Int.random(in: 1...80, using: &generator))
    default:
      let heads = Int.random(in: 1...2, using: &generator)
      shape = AttentionShape(
        queryHeads: heads, kvHeads: heads,
        keyDim: [1, 16, 31, 64, 128, 256].randomElement(using: &generator) ?? 128)
    }
    return AttentionWorkload(
      shape: shape, batch: Int.random(in: 1...2, using: &generator), tokens: Int.random(in: tokens, using: &generator),
      type: .fp32)
  }

  /// Tensors of a workload, keys and values rounded to a type.
  static func tensors(_ workload: AttentionWorkload, seed: UInt64, as type: DataType) throws -> FastTensors {
    try FastTensors(AttentionTensors<Float>(workload: workload, seed: seed, spread: 2), as: type)
  }

  /// The largest difference from plain attention in double precision, of outputs and of log-sum-exps; infinite where
  /// something is no number.
  static func residual(_ found: FastOutput, _ tensors: FastTensors) -> Double {
    let exact = ExactAttention<Double>(tensors.widened.converted())
    guard found.output.count == exact.output.count, found.logSumExps.count == exact.logSumExps.count else {
      return .infinity
    }
    var worst = 0.0
    for (one, other) in zip(found.output + found.logSumExps, exact.output + exact.logSumExps) {
      let difference = abs(Double(one) - other)
      worst = difference.isNaN ? .infinity : max(worst, difference)
    }
    return worst
  }
}
