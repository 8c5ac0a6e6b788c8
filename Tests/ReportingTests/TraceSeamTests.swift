import Experiments
import Simulation
import TestSupport
import Testing
import Workloads

@testable import Reporting

@Suite struct TraceSeamTests {
  @Test func anExperimentShowsTheRunThatItsFiguresComeFrom() throws {
    let experiment = StepExperiment(
      topology: SmallClusters.star(4),
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 16), batch: 1, tokens: 5000, type: .bf16),
      layers: 1, ranks: 4)
    for choice in AlgorithmChoice.allCases {
      var seen: [SimulationRun] = []
      let outcome = try experiment.run(choice) { seen.append($0) }
      #expect(seen.map(\.makespan) == [outcome.figures.makespan])
      #expect(seen.map(\.bytesSentByRank) == [outcome.figures.bytesSentByRank])
    }
  }

  @Test func aTraceThatCannotBeWrittenEndsTheExperiment() throws {
    let experiment = StepExperiment(
      topology: SmallClusters.star(2),
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 16), batch: 1, tokens: 50, type: .bf16),
      layers: 1, ranks: 2)
    let error = TraceError.unwritable(file: "x", reason: "y")
    #expect(throws: error) { try experiment.run(.tree) { _ in throw error } }
  }
}
