import Attention
import Experiments
import Programs
import Quantities
import Simulation
import Topologies
import Workloads

/// Decode steps of the paper's block on the paper's cluster, taken apart into what the simulator does.
struct StepModel {
  let topology: Topology
  let model: ModelShape

  /// Loads the shipped files.
  init(library: InputLibrary) throws {
    topology = try ResolvedTopology("dgx-h100-16", from: library).topology
    model = try ResolvedModel("paper-block", from: library).model
  }

  /// A step with so many tokens.
  func workload(tokens: Int) -> AttentionWorkload {
    AttentionWorkload(shape: model.attention, batch: 1, tokens: tokens, type: .bf16)
  }

  /// A step on so many ranks.
  func experiment(tokens: Int, ranks: Int) -> StepExperiment {
    StepExperiment(
      topology: topology, workload: workload(tokens: tokens), layers: model.layers, ranks: ranks)
  }

  /// A ring step's program.
  func ringProgram(tokens: Int, ranks: Int) -> Program {
    RingAttention().program(for: workload(tokens: tokens), on: RankGroup(first: ranks, of: topology))
  }

  /// Runs the paper's grid: both algorithms, 8 to 128 ranks, 80k to 5.12M tokens.
  func grid() throws -> Double {
    var sum = 0.0
    for ranks in [8, 16, 32, 64, 128] {
      for tokens in (0...6).map({ 80_000 << $0 }) {
        let experiment = experiment(tokens: tokens, ranks: ranks)
        for choice in [AlgorithmChoice.tree, .ring] { sum += try experiment.run(choice).figures.makespan.seconds }
      }
    }
    return sum
  }
}
