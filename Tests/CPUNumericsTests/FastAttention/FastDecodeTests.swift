import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics

/// The decode kernel against plain attention in double precision, in every variant that this processor has.
@Suite struct FastDecodeTests {
  @Test(arguments: KernelVariant.available, FastCases.types)
  func theOutputIsAttention(variant: KernelVariant, type: DataType) throws {
    var generator = SeededGenerator(seed: 7)
    for tokens in [1...1, 2...40, 100...140, 200...600] {
      for _ in 0..<3 {
        let workload = FastCases.next(using: &generator, tokens: tokens)
        let tensors = try FastCases.tensors(workload, seed: generator.next(), as: type)
        let found = try FastDecode(jobs: 2, variant: variant).run(tensors)
        let residual = FastCases.residual(found, tensors)
        #expect(residual < 4e-6, "\(variant), \(type): \(workload)")
      }
    }
  }

  @Test(arguments: FastCases.types)
  func manyTokensOfAnUsualShape(type: DataType) throws {
    let shape = AttentionShape(queryHeads: 6, kvHeads: 2, keyDim: 128)
    let workload = AttentionWorkload(shape: shape, batch: 1, tokens: 3000, type: .fp32)
    let tensors = try FastCases.tensors(workload, seed: 3, as: type)
    #expect(FastCases.residual(try FastDecode(jobs: 2).run(tensors), tensors) < 4e-6)
  }

  @Test func runsOfTokensAreMerged() throws {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 3, kvHeads: 1, keyDim: 8), batch: 1, tokens: 2 * FastDecode.splitTokens + 77,
      type: .fp32)
    let tensors = try FastCases.tensors(workload, seed: 6, as: .fp32)
    #expect(FastCases.residual(try FastDecode(jobs: 2).run(tensors), tensors) < 4e-6)
  }

  @Test func sharedKeysAndValuesEachAtTheirOwnWidth() throws {
    // Would the rows of values that are a view of keys be taken to follow each other, this would show.
    let workload = AttentionWorkload(
      shape: .latent(queryHeads: 16, latentDim: 512, rotaryDim: 64), batch: 1, tokens: 150, type: .bf16)
    let tensors = try FastCases.tensors(workload, seed: 4, as: .bf16)
    #expect(FastCases.residual(try FastDecode(jobs: 2).run(tensors), tensors) < 4e-6)
  }

  @Test(arguments: KernelVariant.available)
  func theNumberOfThreadsChangesNoBit(variant: KernelVariant) throws {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 6, kvHeads: 2, keyDim: 20), batch: 2, tokens: 3 * FastDecode.splitTokens + 5,
      type: .fp32)
    let tensors = try FastCases.tensors(workload, seed: 9, as: .bf16)
    let one = try FastDecode(jobs: 1, variant: variant).run(tensors)
    #expect(one.output.contains { $0 != 0 } && one.output.allSatisfy { $0.isFinite })
    for jobs in [2, 3, 7] {
      let other = try FastDecode(jobs: jobs, variant: variant).run(tensors)
      #expect(other.output.map(\.bitPattern) == one.output.map(\.bitPattern))
      #expect(other.logSumExps.map(\.bitPattern) == one.logSumExps.map(\.bitPattern))
    }
  }

  @Test func noTokensGiveNothing() throws {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 5), batch: 2, tokens: 0, type: .fp32)
    let found = try FastDecode(jobs: 2).run(FastCases.tensors(workload, seed: 1, as: .fp32))
    #expect(found.output == [Float](repeating: 0, count: 40))
    #expect(found.logSumExps == [Float](repeating: -.infinity, count: 8))
  }

  /// One head of two elements: the first of the query is 1, so that an infinite key masks its token.
  static func masked(_ keys: [Float], variant: KernelVariant) throws -> FastOutput {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 1), batch: 1, tokens: keys.count, type: .fp32)
    return try FastDecode(jobs: 1, variant: variant).run(
      FastTensors(
        workload: workload, queries: [1], keys: .fp32(keys), values: .fp32((0..<keys.count).map { Float($0) })))
  }

  @Test(arguments: KernelVariant.available)
  func aLogitOfMinusInfinityAddsNothing(variant: KernelVariant) throws {
    for seen in [0, 1, 127, 128, 200, 299] {
      var keys = [Float](repeating: -.infinity, count: 300)
      keys[seen] = 3
      let found = try Self.masked(keys, variant: variant)
      #expect(found.output == [Float(seen)] && found.logSumExps == [3])
    }
    let nothing = try Self.masked([Float](repeating: -.infinity, count: 300), variant: variant)
    #expect(nothing.output == [0] && nothing.logSumExps == [-.infinity])
  }

  @Test(arguments: KernelVariant.available, [0, 5, 131, 299])
  func whatIsNoNumberIsNotHidden(variant: KernelVariant, place: Int) throws {
    for others in [Float(1), -.infinity] {
      var keys = [Float](repeating: others, count: 300)
      keys[place] = .nan
      let found = try Self.masked(keys, variant: variant)
      #expect(found.output[0].isNaN && found.logSumExps[0].isNaN, "\(others)")
    }
  }

  @Test func largeLogitsDoNotOverflow() throws {
    let found = try Self.masked([1000, 999, -1000, 1000], variant: .widest)
    let weight = 0.367_879_44
    #expect(abs(Double(found.output[0]) - (weight + 3) / (2 + weight)) < 1e-6)
    #expect(abs(found.logSumExps[0] - 1000.861_97) < 1e-3)
  }

  @Test func wrongInputsAreNamed() throws {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 2, kvHeads: 1, keyDim: 3), batch: 1, tokens: 2, type: .fp32)
    let six = CacheElements.fp32([Float](repeating: 0, count: 6))
    #expect(throws: FastAttentionError.count(tensor: "queries", found: 5, expected: 6)) {
      try FastTensors(workload: workload, queries: [0, 0, 0, 0, 0], keys: six, values: six)
    }
    #expect(throws: FastAttentionError.mixedFormats) {
      try FastTensors(workload: workload, queries: [0, 0, 0, 0, 0, 0], keys: six, values: CacheElements([], as: .bf16))
    }
    #expect(throws: FastAttentionError.type(.fp8)) { try CacheElements([1], as: .fp8) }
    for variant in KernelVariant.allCases where !variant.isAvailable {
      #expect(throws: FastAttentionError.variant(variant)) {
        try FastDecode(jobs: 1, variant: variant).run(
          FastTensors(workload: workload, queries: [0, 0, 0, 0, 0, 0], keys: six, values: six))
      }
    }
  }
}
