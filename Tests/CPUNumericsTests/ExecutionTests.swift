import Attention
import Collectives
import Programs
import Quantities
import Simulation
import TestSupport
import Testing
import Topologies
import Workloads

@testable import CPUNumerics

/// Every algorithm, executed with real numbers: values against plain attention, bytes and memory against the simulator.
@Suite struct ExecutionTests {
  /// The largest difference of a rank's output from plain attention of its queries.
  static func residual(_ executor: ProgramExecutor<Double>, _ exact: ExactAttention<Double>) throws -> Double {
    var worst = 0.0
    for rank in 0..<executor.program.worldSize {
      let output = try executor.output(ofRank: rank)
      let expected = exact.output(tokens: executor.queryTokens(ofRank: rank))
      #expect(output.count == expected.count)
      for (found, expected) in zip(output, expected) {
        worst = max(worst, abs(found - expected))
        if found.isNaN { worst = .infinity }
      }
    }
    return worst
  }

  static func group(_ algorithm: any AttentionAlgorithm, ranks: Int, nodes: Int) -> RankGroup {
    let size = algorithm is SingleDeviceAttention ? 1 : ranks
    let perNode = (size + nodes - 1) / nodes
    var group = RankGroup(oneNodeOf: size)
    group.nodes = stride(from: 0, to: size, by: perNode).map { Array($0..<min($0 + perNode, size)) }
    return group
  }

  @Test(arguments: AlgorithmCases.all.indices, [1, 2, 3, 5, 8])
  func theOutputIsAttentionInAnyOrder(index: Int, ranks: Int) throws {
    let algorithm = AlgorithmCases.all[index]
    var generator = SeededGenerator(seed: UInt64(index * 100 + ranks))
    for round in 0..<3 {
      // Decode steps of more tokens, prefills of fewer: their work grows with the square.
      var workload = RandomWorkloads.next(using: &generator, tokens: round == 0 ? 1...40 : 1...12)
      if round == 0 { workload.queryTokens = 1 }
      let group = Self.group(algorithm, ranks: ranks, nodes: 1 + round)
      let tensors = AttentionTensors<Double>(workload: workload, seed: generator.next(), spread: 2)
      var executor = ProgramExecutor<Double>(algorithm.program(for: workload, on: group), workload: workload)
      try executor.load(tensors)
      try executor.run(order: .random(seed: generator.next()))
      let residual = try Self.residual(executor, ExactAttention(tensors))
      #expect(residual < 1e-12, "\(algorithm.name) \(algorithm.options): \(workload)")
    }
  }

  @Test(arguments: AlgorithmCases.all.indices)
  func bytesAndMemoryAreTheSimulators(index: Int) throws {
    let algorithm = AlgorithmCases.all[index]
    var generator = SeededGenerator(seed: UInt64(index))
    for ranks in [2, 7, 12] {
      let workload = RandomWorkloads.next(using: &generator, tokens: 1...14)
      let group = Self.group(algorithm, ranks: ranks, nodes: 2)
      let program = algorithm.program(for: workload, on: group)
      let run = try Simulator(topology: SmallClusters.star(group.size)).run(program)
      let order = run.finishOrder
      var executor = ProgramExecutor<Double>(program, workload: workload)
      try executor.load(AttentionTensors(workload: workload, seed: 1))
      try executor.run(order: .given(order))
      #expect(executor.bytesSentByRank == run.bytesSentByRank)
      #expect(executor.peakBytesByRank == run.peakBytesByRank)
    }
  }
}
