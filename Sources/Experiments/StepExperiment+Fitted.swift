import Attention
import Programs
import Quantities

extension StepExperiment {
  /// How closed forms time attention kernels: as the calibrated model has them, or at a quantile of their intervals; nil for
  /// rooflines.
  ///
  /// What the model does not cover has ended the simulation already, which comes first.
  ///
  /// - Parameters:
  ///   - machine: The rates of the closed form, whose device runs them.
  ///   - deviate: The standard normal deviate of the quantile; nil for the time itself.
  func attentionTime(on machine: MachineModel, at deviate: Double?) -> (@Sendable (Kernel) -> Seconds?)? {
    guard let kernels else { return nil }
    let (name, workload) = (machine.device.name, workload)
    return { kernel in
      (try? kernels.prediction(kernel, workload, onProfile: name)).map { $0.prediction.time(at: deviate) }
    }
  }

  /// What fitted models time in it, as its settings say; nil for nothing.
  var fittedSettings: StepSettings.Fitted? {
    guard let replications = kernels?.replications ?? collectives?.replications,
      let seed = kernels?.seed ?? collectives?.seed
    else { return nil }
    return StepSettings.Fitted(
      software: kernels?.software, collectives: collectives != nil, replications: replications, seed: seed)
  }
}
