import Testing
import Workloads

@testable import CPUNumerics

/// Plain attention where logits are special: the rules are those of `SoftmaxState`.
@Suite struct ExactAttentionTests {
  /// One head whose logits are its keys.
  static func attention(_ logits: [Double], _ values: [Double]) -> ExactAttention<Double> {
    let shape = AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 1)
    return ExactAttention(
      AttentionTensors(
        workload: AttentionWorkload(shape: shape, batch: 1, tokens: logits.count, type: .fp32), queries: [1],
        keys: logits, values: values))
  }

  @Test(arguments: [Double.nan, .infinity], [0, 1, 2])
  func whatHasNoSoftmaxIsNotPassedOver(logit: Double, place: Int) {
    for other in [1, -Double.infinity] {
      var logits = [other, other, other]
      logits[place] = logit
      let found = Self.attention(logits, [1, 2, 3])
      #expect(found.output[0].isNaN && found.logSumExps[0].isNaN, "\(logits)")
    }
  }

  @Test func aMaskedKeyAddsNothingWhateverItsValue() {
    for value in [9, Double.nan, .infinity] {
      let found = Self.attention([-.infinity, 3, -.infinity], [value, 2, value])
      #expect(found.output == [2] && found.logSumExps == [3])
    }
  }

  /// A query has its own key at least, so that no keys means all keys masked.
  @Test func noKeysGiveNothing() {
    for logits in [[-Double.infinity], [-Double.infinity, -.infinity]] {
      let found = Self.attention(logits, logits.map { _ in 7 })
      #expect(found.output == [0] && found.logSumExps == [-.infinity])
    }
  }

  @Test func anotherHeadIsNotPoisoned() {
    let shape = AttentionShape(queryHeads: 2, kvHeads: 2, keyDim: 1)
    let found = ExactAttention(
      AttentionTensors<Double>(
        workload: AttentionWorkload(shape: shape, batch: 1, tokens: 2, type: .fp32), queries: [1, 1],
        keys: [.nan, 0, 5, 5], values: [1, 2, 3, 5]))
    #expect(found.output[0].isNaN && found.output[1] == 4)
  }
}
