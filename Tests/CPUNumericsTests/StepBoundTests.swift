import Attention
import Programs
import Quantities
import Testing
import Workloads

@testable import CPUNumerics

/// The bounds that steps on devices are held to: programs in single precision are within, and what is wrong is not.
@Suite struct StepBoundTests {
  private static let shapes = [
    AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 16),
    AttentionShape.latent(queryHeads: 3, latentDim: 12, rotaryDim: 4),
  ]

  /// The largest error of any rank as a share of its bound, where the keys and values of some tokens are others.
  private func excess(
    _ algorithm: any AttentionAlgorithm, ranks: Int, _ workload: AttentionWorkload, seed: UInt64, spoiling: Bool = false
  ) throws -> Double {
    let numbers = StepNumbers(workload: workload, seed: seed, jobs: 1)
    var tensors = AttentionTensors<Float>(
      workload: workload, queries: numbers.queries(tokens: workload.queries),
      keys: [], values: [])
    let cache = numbers.cache(tokens: workload.keys)
    let keys = workload.batch * workload.tokens * workload.shape.keyElementsPerToken
    tensors.keys = Array(cache.prefix(keys))
    tensors.values = Array(cache.dropFirst(keys))
    if spoiling {
      // The last token of the first head counts for nothing, as where a split is a token too short.
      let dim = workload.shape.keyDim
      for element in 0..<dim {
        tensors.keys[(workload.tokens - 1) * dim + element] = -8 * tensors.queries[element]
      }
    }
    let program = algorithm.program(for: workload, on: RankGroup(oneNodeOf: ranks))
    var executor = ProgramExecutor<Float>(program, workload: workload, rounding: .toBufferType)
    try executor.load(tensors)
    try executor.run(order: .random(seed: seed))
    var worst = 0.0
    let dim = workload.shape.valueDim
    for (row, reference) in numbers.references(jobs: 1) {
      let bounds = reference.stepBounds(
        ranks: ranks, folds: algorithm is RingAttention, partial: NumberFormat(workload.partialType),
        output: NumberFormat(workload.type))
      for rank in 0..<program.worldSize {
        let output = try executor.output(ofRank: rank)
        worst = max(worst, reference.excess(output.dropFirst(row * dim).prefix(dim), of: bounds))
      }
    }
    return worst
  }

  @Test("Programs whose numbers are rounded as devices round them are within the bounds", arguments: [1, 2, 5])
  func within(ranks: Int) throws {
    for shape in Self.shapes {
      for (type, partial) in [(DataType.bf16, DataType.bf16), (.bf16, .fp32), (.fp16, .fp16), (.fp16, .fp32)] {
        let workload = AttentionWorkload(shape: shape, batch: 2, tokens: 43, type: type, partialType: partial)
        for algorithm in [
          TreeAttention(fusion: .three, collective: .flat(.ring)),
          TreeAttention(fusion: .two, collective: .flat(.oneShot)),
          TreeAttention(fusion: .one, collective: .flat(.binaryTree)), RingAttention(), AllGatherAttention(),
        ] as [any AttentionAlgorithm] {
          for seed in UInt64(1)...3 {
            let share = try excess(algorithm, ranks: ranks, workload, seed: seed)
            #expect(share > 0 && share <= 1, "\(algorithm.name), \(algorithm.options), \(type), \(partial): \(share)")
          }
        }
      }
    }
  }

  @Test("A token that is left out is far out of bounds where partial results are single")
  func leftOut() throws {
    for shape in Self.shapes {
      let workload = AttentionWorkload(shape: shape, batch: 1, tokens: 43, type: .bf16, partialType: .fp32)
      for algorithm in [TreeAttention(fusion: .one, collective: .flat(.ring)), RingAttention()]
        as [any AttentionAlgorithm]
      {
        #expect(try excess(algorithm, ranks: 4, workload, seed: 1, spoiling: true) > 1, "\(algorithm.name)")
      }
    }
  }
}
