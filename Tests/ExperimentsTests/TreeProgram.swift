import Attention
import Experiments
import Programs

/// The program of tree decoding that an experiment with its default options runs.
enum TreeProgram {
  static func of(_ experiment: StepExperiment) throws -> Program {
    let outcome = try experiment.run(.tree)
    let tree = TreeAttention(fusion: .three) { outcome.selections[$0].selection.algorithm }
    return tree.program(for: experiment.workload, on: experiment.group)
  }
}
