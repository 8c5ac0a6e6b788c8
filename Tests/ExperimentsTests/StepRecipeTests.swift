import Attention
import Collectives
import Configuration
import Experiments
import Foundation
import Quantities
import ResultStore
import TestSupport
import Testing
import Workloads

@Suite struct StepRecipeTests {
  private static let collectives = [
    "auto", "ring", "binary-tree", "double-binary-tree", "halving-doubling", "one-shot", "two-shot",
    "hierarchical(two-shot,ring)",
  ]

  private static func randomOptions(using generator: inout SeededGenerator) throws -> StepOptions {
    StepOptions(
      fusion: TreeAttention.Fusion.allCases.randomElement(using: &generator) ?? .three,
      collective: try CollectiveChoice(parsing: collectives.randomElement(using: &generator) ?? "auto"),
      hops: RingAttention.Hops.allCases.randomElement(using: &generator) ?? .fewest,
      overlapsTransfer: Bool.random(using: &generator), expandsHeads: Bool.random(using: &generator),
      keepsHomeShard: Bool.random(using: &generator),
      layout: TokenLayout.allCases.randomElement(using: &generator) ?? .zigzag)
  }

  /// A run as it comes back from a database.
  private static func stored(
    _ recipe: StepRecipe, kind: String = "simulate", dropping dropped: String? = nil, adding added: InputRecord? = nil,
    results: [ResultRecord] = []
  ) throws -> StoredRun {
    let path = NSTemporaryDirectory() + "treeline-recipe-\(UUID().uuidString).sqlite"
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let workload = recipe.experiment.workload
    let database = try ResultDatabase(path: path, mode: .readWriteCreate)
    let number = try database.save(
      run: RunRecord(
        createdAt: "2025-01-31T23:59:59Z", command: "treeline simulate …", treelineVersion: "0.1.0", kind: kind,
        tokens: Int64(workload.tokens), queryTokens: Int64(workload.queryTokens), mask: workload.mask.rawValue,
        batch: Int64(workload.batch), worldSize: Int64(recipe.experiment.ranks),
        dtype: workload.type.rawValue),
      inputs: recipe.inputs.filter { $0.kind != dropped } + (added.map { [$0] } ?? []), results: results)
    return try database.run(number)
  }

  private static func recipe(
    options: StepOptions = StepOptions(), type: DataType = .bf16, partialType: DataType? = nil, queryTokens: Int = 1,
    mask: AttentionMask = .causal
  ) throws -> StepRecipe {
    let topology = try ResolvedTopology(
      "dgx-h100-1", from: Shipped.library, overrides: [try Override(parsing: "links.nvlink4.latency=777 ns")])
    let model = try ResolvedModel("llama-3.1-8b", from: Shipped.library)
    return StepRecipe(
      topology: topology, model: model,
      experiment: StepExperiment(
        topology: topology.topology,
        workload: AttentionWorkload(
          shape: model.model.attention, batch: 3, tokens: 12_345, queryTokens: queryTokens, mask: mask, type: type,
          partialType: partialType),
        layers: model.model.layers, ranks: 4, options: options))
  }

  @Test("What is stored of a step gives the step again, to the bit", arguments: 0..<12)
  func roundTrip(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let recipe = try Self.recipe(
      options: try Self.randomOptions(using: &generator),
      type: DataType.allCases.randomElement(using: &generator) ?? .bf16,
      partialType: [nil, .fp32, .bf16].randomElement(using: &generator) ?? nil,
      queryTokens: [1, 5, 12_345].randomElement(using: &generator) ?? 1,
      mask: AttentionMask.allCases.randomElement(using: &generator) ?? .full)
    let again = try StepRecipe(of: try Self.stored(recipe))
    #expect(again.experiment.options == recipe.experiment.options)
    #expect(again.experiment.workload == recipe.experiment.workload)
    #expect(again.experiment.layers == recipe.experiment.layers)
    #expect(again.inputs == recipe.inputs)
    for choice in AlgorithmChoice.allCases {
      let (first, second) = (try recipe.experiment.run(choice), try again.experiment.run(choice))
      #expect(first.figures.makespan == second.figures.makespan)
      #expect(first.record() == second.record())
    }
  }

  @Test("The text of settings reads back, and equal settings have equal texts", arguments: 0..<40)
  func settings(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let settings = StepSettings(
      options: try Self.randomOptions(using: &generator),
      partialType: Bool.random(using: &generator) ? DataType.allCases.randomElement(using: &generator) : nil)
    let read = try StepSettings(text: settings.text, file: "options")
    #expect(read == settings)
    #expect(read.text == settings.text)
  }

  @Test(
    "Settings that are wrong are refused with their place",
    arguments: [
      ("all-reduces: 4", "all-reduces"), ("collective: rings", "collective"), ("hops: q", "hops"),
      ("overlap: maybe", "overlap"), ("ring-heads: k", "ring-heads"), ("partial-dtype: fp7", "partial-dtype"),
      ("collectives: ring", "collectives"), ("[1]", "mapping"),
    ])
  func wrongSettings(text: String, path: String) {
    let error = configurationError { try StepSettings(text: text, file: "options of run 3") }
    #expect(error?.file == "options of run 3")
    #expect(error?.description.contains(path) == true, "\(String(describing: error))")
  }

  private static func refusal(_ body: () throws -> StepRecipe) -> StepRecipeError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? StepRecipeError
    }
  }

  @Test("A run that holds too little, or more than is known, is refused")
  func refusals() throws {
    let recipe = try Self.recipe()
    for kind in ["topology", "model", "options"] {
      let stored = try Self.stored(recipe, dropping: kind)
      let error = Self.refusal { try StepRecipe(of: stored) }
      #expect(error?.description.hasPrefix("run 1 holds no \(kind)") == true, "\(String(describing: error))")
      #expect(error?.description.hasSuffix(": treeline simulate …") == true)
    }
    let other = try Self.stored(recipe, kind: "sweep")
    #expect(Self.refusal { try StepRecipe(of: other) }?.reason.contains("'sweep'") == true)
    let text = "weather: bad\n"
    let newer = try Self.stored(
      recipe, adding: InputRecord(hash: ContentHash.sha256(text), kind: "weather", name: "bad", text: text))
    #expect(Self.refusal { try StepRecipe(of: newer) }?.reason.contains("'weather'") == true)
  }

  @Test("A text that is not the stored one is found out, and one that is stored wrong is told with its place")
  func wrongTexts() throws {
    let recipe = try Self.recipe()
    let text = "overlap: maybe\n"
    for (hash, message) in [
      (ContentHash.sha256(text), "options of run 1"),
      (ContentHash.sha256("overlap: true\n"), "holds a changed options"),
    ] {
      let stored = try Self.stored(
        recipe, dropping: "options", adding: InputRecord(hash: hash, kind: "options", name: "x", text: text))
      let error = #expect(throws: (any Error).self) { try StepRecipe(of: stored) }
      #expect("\(String(describing: error))".contains(message), "\(String(describing: error))")
    }
  }

  @Test("A run from before options were stored takes them from its command line")
  func commandLine() throws {
    let recipe = try Self.recipe()
    let stored = try Self.stored(recipe, dropping: "options")
    let settings = StepSettings(options: StepOptions(fusion: .one), partialType: .fp32)
    let again = try StepRecipe(of: stored) { command in command == "treeline simulate …" ? settings : nil }
    #expect(again.experiment.options == settings.options)
    #expect(again.experiment.workload.partialType == .fp32)
  }
}
