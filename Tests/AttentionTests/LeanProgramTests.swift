import Attention
import Programs
import Simulation
import TestSupport
import Testing
import Topologies

/// Programs that keep no operands, as simulations use them.
@Suite struct LeanProgramTests {
  @Test(arguments: [1, 2, 3, 7, 16]) func runAsFullOnesDoToTheLastBit(size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let topology = ClosedFormTests.cluster(size, perNode: 3)
    let group = RankGroup(first: size, of: topology)
    for algorithm in AlgorithmCases.all {
      let workload = RandomWorkloads.next(using: &generator)
      let full = algorithm.program(for: workload, on: group)
      let lean = algorithm.program(for: workload, on: group, keepsOperands: false)
      let comment = Comment(rawValue: "\(algorithm.name), \(algorithm.options), \(size) ranks, \(workload)")
      #expect(lean.operands.isEmpty && !full.operands.isEmpty, comment)
      #expect(lean.operands(of: OperationID(0)).isEmpty, comment)
      #expect(lean.attentions.isEmpty && lean.heldTokens.isEmpty && !full.heldTokens.isEmpty, comment)
      #expect(lean.kinds == full.kinds && lean.ranks == full.ranks && lean.streams == full.streams, comment)
      #expect(lean.subjects == full.subjects && lean.regionIndices == full.regionIndices, comment)
      #expect(
        lean.dependencyStarts == full.dependencyStarts && lean.dependencies == full.dependencies, comment)
      #expect(lean.messages == full.messages && lean.buffers == full.buffers, comment)
      #expect(lean.kernels == full.kernels && lean.labels == full.labels, comment)
      let simulator = Simulator(topology: topology)
      #expect(try simulator.run(lean).timeline.finishes == simulator.run(full).timeline.finishes, comment)
    }
  }
}
