extension StepExperiment {
  /// What fitted models time in it, as its settings say; nil for nothing.
  var fittedSettings: StepSettings.Fitted? {
    guard let replications = kernels?.replications ?? collectives?.replications,
      let seed = kernels?.seed ?? collectives?.seed
    else { return nil }
    return StepSettings.Fitted(
      software: kernels?.software, collectives: collectives != nil, replications: replications, seed: seed)
  }
}
