import Quantities
import RealModule
import TestSupport
import Testing
import Topologies
import Workloads

@testable import CPUNumerics

/// Prefill against plain attention in double precision, query by query.
@Suite struct FastPrefillTests {
  static func tensors(
    _ shape: AttentionShape, batch: Int = 1, queryTokens: Int, tokens: Int, seed: UInt64
  ) throws -> PrefillTensors {
    func draw(_ tensor: UInt64, _ count: Int, _ scale: Float) -> [Float] {
      (0..<count).map { index in
        (Float(SeededHash.mix(seed, tensor, UInt64(index)) >> 40) * 0x1p-23 - 1) * scale
      }
    }
    return try PrefillTensors(
      shape: shape, batch: batch, queryTokens: queryTokens, tokens: tokens,
      queries: draw(1, batch * queryTokens * shape.queryElements, 6 / Float(shape.keyDim).squareRoot()),
      keys: draw(2, batch * tokens * shape.keyElementsPerToken, 1),
      values: draw(3, batch * tokens * shape.valueElementsPerToken, 1))
  }

  /// The largest difference from plain attention: each query is a decode step over the tokens that it sees.
  static func residual(_ found: FastOutput, _ tensors: PrefillTensors, causal: Bool, everyQuery step: Int) -> Double {
    let shape = tensors.shape
    var one = shape
    one.queryHeads = 1
    one.kvHeads = 1
    var worst = 0.0
    for head in 0..<tensors.batch * shape.queryHeads {
      let first = head / (shape.queryHeads / shape.kvHeads) * tensors.tokens
      for query in stride(from: head % step, to: tensors.queryTokens, by: step) {
        let seen = causal ? tensors.tokens - tensors.queryTokens + query + 1 : tensors.tokens
        let row = head * tensors.queryTokens + query
        let exact = ExactAttention(
          AttentionTensors<Double>(
            workload: AttentionWorkload(shape: one, batch: 1, tokens: seen, type: .fp32),
            queries: tensors.queries[row * shape.keyDim..<(row + 1) * shape.keyDim].map { Double($0) },
            keys: tensors.keys[first * shape.keyDim..<(first + seen) * shape.keyDim].map { Double($0) },
            values: tensors.values[first * shape.valueDim..<(first + seen) * shape.valueDim].map { Double($0) }))
        let output = found.output[row * shape.valueDim..<(row + 1) * shape.valueDim]
        for (mine, plain) in zip(output + [found.logSumExps[row]], exact.output + exact.logSumExps) {
          let difference = abs(Double(mine) - plain)
          worst = difference.isNaN ? .infinity : max(worst, difference)
        }
      }
    }
    return worst
  }

  @Test(arguments: KernelVariant.available, [true, false])
  func theOutputIsAttention(variant: KernelVariant, causal: Bool) throws {
    var generator = SeededGenerator(seed: 11)
    let prefill = try FastPrefill(jobs: 2, causal: causal, variant: variant)
    for (queries, tokens) in [(1, 1), (1, 37), (9, 9), (16, 33), (70, 90), (257, 300)] {
      let kvHeads = Int.random(in: 1...2, using: &generator)
      let shape = AttentionShape(
        queryHeads: kvHeads * Int.random(in: 1...2, using: &generator), kvHeads: kvHeads,
        keyDim: Int.random(in: 1...24, using: &generator), valueDim: Int.random(in: 1...24, using: &generator))
      let tensors = try Self.tensors(
        shape, batch: queries == 9 ? 2 : 1, queryTokens: queries, tokens: tokens, seed: generator.next())
      let residual = Self.residual(prefill.run(tensors), tensors, causal: causal, everyQuery: queries > 100 ? 16 : 1)
      #expect(residual < 4e-6, "\(queries) of \(tokens): \(shape)")
    }
  }

  @Test func severalBlocksOfKeys() throws {
    let tensors = try Self.tensors(
      AttentionShape(queryHeads: 2, kvHeads: 1, keyDim: 16), queryTokens: 600, tokens: 1100, seed: 5)
    let found = try FastPrefill(jobs: 2).run(tensors)
    #expect(Self.residual(found, tensors, causal: true, everyQuery: 61) < 4e-6)
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    let tensors = try Self.tensors(
      AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 32), batch: 2, queryTokens: 300, tokens: 700, seed: 2)
    let one = try FastPrefill(jobs: 1).run(tensors)
    #expect(one.output.allSatisfy { $0.isFinite } && one.output.contains { $0 != 0 })
    for jobs in [2, 3, 7] {
      let other = try FastPrefill(jobs: jobs).run(tensors)
      #expect(other.output.map(\.bitPattern) == one.output.map(\.bitPattern))
      #expect(other.logSumExps.map(\.bitPattern) == one.logSumExps.map(\.bitPattern))
    }
  }

  @Test func theLibraryNamesItself() throws {
    #expect(try MatrixProducts.checked().configuration.contains("OpenBLAS"))
    let error = FastAttentionError.library(product: "a product", difference: 3, configuration: "OpenBLAS 0")
    #expect("\(error)".contains("a product differs by up to 3.0") && "\(error)".contains("OpenBLAS 0"))
  }

  @Test func wrongInputsAreNamed() {
    #expect(throws: FastAttentionError.shape("3 query tokens can't be the last of 2 tokens")) {
      try Self.tensors(AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 1), queryTokens: 3, tokens: 2, seed: 0)
    }
  }
}
