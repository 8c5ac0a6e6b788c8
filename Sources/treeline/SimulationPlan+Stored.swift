import ArgumentParser
import Configuration
import Experiments
import Quantities
import ResultStore
import Scenarios

extension SimulationPlan {
  /// The plan of a stored run, one cell, from what the database has of it alone: topology, model and scenario are the
  /// stored texts, tokens and ranks those of the row, and the options of the step and of its algorithms those of the
  /// command. No other file is read.
  ///
  /// - Throws: ``UsageError`` when the run is no simulation or its command can't be read by this version;
  ///   ``ConfigurationError`` when a stored text is wrong.
  init(repeating stored: StoredRun) throws {
    guard let command = try? Treeline.parseAsRoot(CommandText.arguments(of: stored.run.command)) as? Simulate else {
      throw UsageError("run \(stored.id): no simulation that this version can repeat: \(stored.run.command)")
    }
    guard let tokens = stored.run.tokens, let ranks = stored.run.worldSize,
      let topology = try Self.document(stored.run.topologyHash, of: stored),
      let model = try Self.document(stored.run.modelHash, of: stored)
    else { throw UsageError("run \(stored.id): its topology, model, tokens or ranks are not stored") }
    let scenario = stored.inputs.first { $0.kind == "scenario" }
    try self.init(
      command, topology: ResolvedTopology(document: topology), model: ResolvedModel(document: model),
      scenario: try Self.document(scenario?.hash, of: stored).map { ResolvedScenario(try Scenario(document: $0)) },
      tokens: [TokenCount(Int(tokens))], ranks: [Int(ranks)])
  }

  private static func document(_ hash: String?, of stored: StoredRun) throws -> Document? {
    guard let input = stored.inputs.first(where: { $0.hash == hash }) else { return nil }
    return try Document(yaml: input.text, file: "the \(input.kind) of run \(stored.id)")
  }
}
