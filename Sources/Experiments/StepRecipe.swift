import Configuration
import Quantities
import ResultStore
import Scenarios
import Workloads

/// All that it takes to run a step again: what `treeline simulate` resolved, and what is stored of it.
///
/// A run stores its topology, its model and its options as texts (``inputs``) and the rest in its columns; ``init(of:_:)``
/// takes them back. What a step depends on and neither holds must be added in both places.
///
///     let recipe = try StepRecipe(of: database.run(3))
///     let outcome = try recipe.experiment.run(.tree)
public struct StepRecipe: Sendable {
  /// The cluster, with its text.
  public var topology: ResolvedTopology
  /// The model, with its text.
  public var model: ResolvedModel
  /// The step to run.
  public var experiment: StepExperiment

  /// Creates a recipe from what a command resolved.
  ///
  /// - Parameters:
  ///   - topology: The cluster of the experiment.
  ///   - model: Its model.
  ///   - experiment: The step.
  public init(topology: ResolvedTopology, model: ResolvedModel, experiment: StepExperiment) {
    self.topology = topology
    self.model = model
    self.experiment = experiment
  }

  /// The name of the kind of input that holds ``StepSettings``.
  public static let optionsKind = "options"

  /// The name of the kind of input that holds a ``Scenario``.
  public static let scenarioKind = "scenario"

  /// The name of the kind of input that holds a calibrated kernel model.
  public static let kernelProfileKind = "kernel-profile"

  /// The name of the kind of input that holds a calibrated model of collectives.
  public static let collectiveProfileKind = "collective-profile"

  /// The texts to store with a run.
  public var inputs: [InputRecord] {
    let workload = experiment.workload
    let settings = StepSettings(
      options: experiment.options, partialType: workload.partialType == workload.type ? nil : workload.partialType,
      fitted: experiment.fittedSettings)
    return [
      InputRecord(hash: topology.hash, kind: "topology", name: topology.topology.name, text: topology.text),
      InputRecord(hash: model.hash, kind: "model", name: model.model.name, text: model.text),
      InputRecord(
        hash: ContentHash.sha256(settings.text), kind: Self.optionsKind, name: "of the algorithms", text: settings.text),
    ]
      + (experiment.scenario.map(ResolvedScenario.init).map {
        [InputRecord(hash: $0.hash, kind: Self.scenarioKind, name: $0.scenario.name, text: $0.text)]
      } ?? [])
      + (experiment.kernels.map {
        [
          InputRecord(
            hash: $0.profile.hash, kind: Self.kernelProfileKind, name: $0.profile.name, text: $0.profile.text)
        ]
      } ?? [])
      + (experiment.collectives.map {
        [InputRecord(hash: $0.hash, kind: Self.collectiveProfileKind, name: $0.name, text: $0.text)]
      } ?? [])
  }

  /// Takes a step back from what is stored of a run.
  ///
  /// - Parameters:
  ///   - stored: The run.
  ///   - readCommand: Finds the options in the command line of a run that was stored before options were; nil where it
  ///     can't.
  /// - Throws: ``StepRecipeError`` when the run is no step, or lacks something; ``ConfigurationError`` when a text of its
  ///   is wrong.
  public init(of stored: StoredRun, _ readCommand: (String) -> StepSettings? = { _ in nil }) throws {
    let run = stored.run
    func failure(_ reason: String) -> StepRecipeError {
      StepRecipeError(run: stored.id, command: run.command, reason: reason)
    }
    guard run.kind == "simulate" else {
      throw failure("is of the kind '\(run.kind)', and only runs of 'simulate' are attention steps")
    }
    let kinds = [
      "topology", "model", Self.optionsKind, Self.scenarioKind, Self.kernelProfileKind, Self.collectiveProfileKind,
    ]
    for input in stored.inputs where !kinds.contains(input.kind) {
      throw failure("was made from an input of the unknown kind '\(input.kind)', maybe by a newer version")
    }
    for input in stored.inputs where ContentHash.sha256(input.text) != input.hash {
      throw failure("holds a changed \(input.kind): the text of '\(input.name)' has another sha256 than is stored")
    }
    for (kind, column, hash) in [
      ("topology", "topology_hash", run.topologyHash), ("model", "model_hash", run.modelHash),
    ] {
      guard let hash, let input = stored.inputs.first(where: { $0.kind == kind }), input.hash != hash else { continue }
      throw failure("holds another \(kind) than its \(column) says")
    }
    func document(_ kind: String) throws -> Document {
      guard let input = stored.inputs.first(where: { $0.kind == kind }) else { throw failure("holds no \(kind)") }
      return try Document(yaml: input.text, file: "\(kind) of run \(stored.id)")
    }
    topology = try ResolvedTopology(document: try document("topology"))
    model = try ResolvedModel(document: try document("model"))
    func number(_ value: Int64?, _ field: String) throws -> Int {
      guard let value else { throw failure("holds too little: its \(field) is missing") }
      return Int(value)
    }
    let tokens = try number(run.tokens, "tokens")
    let queryTokens = try number(run.queryTokens, "query_tokens")
    guard let maskName = run.mask else { throw failure("holds too little: its mask is missing") }
    guard let mask = AttentionMask(rawValue: maskName) else {
      let names = AttentionMask.allCases.map(\.rawValue)
      throw failure(
        "can't be simulated: mask: no mask '\(maskName)'\(NearestName.suggestion(for: maskName, among: names)) "
          + "(there are: \(names.joined(separator: ", ")))")
    }
    let batch = try number(run.batch, "batch")
    let ranks = try number(run.worldSize, "world_size")
    guard let name = run.dtype else { throw failure("holds too little: its dtype is missing") }
    guard let type = DataType(rawValue: name) else {
      let names = DataType.allCases.map(\.rawValue)
      throw failure(
        "can't be simulated: dtype: no data type '\(name)'\(NearestName.suggestion(for: name, among: names)) "
          + "(there are: \(names.joined(separator: ", ")))")
    }
    let settings: StepSettings
    if let input = stored.inputs.first(where: { $0.kind == Self.optionsKind }) {
      settings = try StepSettings(text: input.text, file: "options of run \(stored.id)")
    } else if let found = readCommand(run.command) {
      settings = found
    } else {
      throw failure("holds no options, and its command line tells none")
    }
    var kernels: KernelTiming?
    var collectives: CollectiveTiming?
    func inputName(_ kind: String) -> String { stored.inputs.first { $0.kind == kind }?.name ?? "" }
    if let fitted = settings.fitted {
      if let software = fitted.software {
        let profile = try ResolvedKernelProfile(
          document: try document(Self.kernelProfileKind), name: inputName(Self.kernelProfileKind))
        kernels = try KernelTiming(
          profile, software, on: topology.topology, replications: fitted.replications, seed: fitted.seed)
      }
      if fitted.collectives {
        collectives = try CollectiveTiming(
          document: try document(Self.collectiveProfileKind), name: inputName(Self.collectiveProfileKind),
          replications: fitted.replications, seed: fitted.seed)
      }
    }
    experiment = StepExperiment(
      topology: topology.topology,
      workload: AttentionWorkload(
        shape: model.model.attention, batch: batch, tokens: tokens, queryTokens: queryTokens, mask: mask, type: type,
        partialType: settings.partialType),
      layers: model.model.layers, ranks: ranks, options: settings.options,
      scenario: try stored.inputs.first { $0.kind == Self.scenarioKind }.map { input in
        try Scenario(document: Document(yaml: input.text, file: "scenario of run \(stored.id)"))
      }, kernels: kernels, collectives: collectives)
  }

  /// Checks that a stored step can be simulated.
  ///
  /// - Parameters:
  ///   - choices: The algorithms that will be run.
  ///   - stored: The run that the recipe is of.
  /// - Throws: ``StepRecipeError`` naming the first number out of its range; ``ScenarioError`` when the scenario does not
  ///   suit the cluster.
  public func validate(_ choices: [AlgorithmChoice], of stored: StoredRun) throws {
    do {
      try experiment.validate(choices)
    } catch {
      throw StepRecipeError(
        run: stored.id, command: stored.run.command, reason: "can't be simulated: \(Self.reason(error))")
    }
    try experiment.validateScenario()
  }

  /// What is wrong with a number, by the name of its column and not of its option.
  private static func reason(_ error: ExperimentError) -> String {
    switch error {
    case .tooFewDevices(let asked, let topology, let available):
      "world_size: found \(asked), expected 1 to \(available), the devices of '\(topology)'"
    case .outOfRange(let what, let found, let expected):
      "\(what.hasPrefix("--") ? String(what.dropFirst(2)) : what): found \(found), expected \(expected)"
    }
  }
}
