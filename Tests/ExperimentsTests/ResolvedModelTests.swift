import Configuration
import Experiments
import Testing
import Workloads

@Suite struct ResolvedModelTests {
  @Test("The text alone rebuilds the model and its hash", arguments: Shipped.library.models.names())
  func textRebuilds(_ name: String) throws {
    let first = try ResolvedModel(name, from: Shipped.library)
    let document = try Document(yaml: first.text, file: "again.yaml")
    #expect(try ModelShape(document: document) == first.model)
    #expect(try document.canonicalText() == first.text)
    #expect(first.hash == ContentHash.sha256(first.text))
  }

  @Test("Overrides of the model take effect; those of the topology are passed over")
  func overrides() throws {
    let plain = try ResolvedModel("llama-3.1-8b", from: Shipped.library)
    let changes = try ["model.layers=40", "links.x.bandwidth=1", "model.attention.kv-heads=4"].map {
      try Override(parsing: $0)
    }
    let changed = try ResolvedModel("llama-3.1-8b", from: Shipped.library, overrides: changes)
    #expect(changed.model.layers == 40)
    #expect(changed.model.attention.kvHeads == 4)
    #expect(changed.model.attention.queryHeads == plain.model.attention.queryHeads)
    #expect(changed.hash != plain.hash)
  }

  @Test("A free-form model has the numbers given")
  func freeForm() throws {
    let model = try ResolvedModel(heads: 32, kvHeads: 8, headDim: 64, layers: 7).model
    #expect(model.attention == AttentionShape(queryHeads: 32, kvHeads: 8, keyDim: 64))
    #expect(model.layers == 7)
    let changed = try ResolvedModel(
      heads: 32, kvHeads: 8, headDim: 64, layers: 7, overrides: [try Override(parsing: "model.layers=9")])
    #expect(changed.model.layers == 9)
  }

  @Test(
    "Numbers of a free-form model that are out of range are told of their option",
    arguments: [
      (0, 1, 64, 1, "--heads"), (-1, 1, 64, 1, "--heads"), (Int.max, 1, 64, 1, "--heads"), (8, 3, 64, 1, "--kv-heads"),
      (8, 0, 64, 1, "--kv-heads"), (8, 8, 0, 1, "--head-dim"), (8, 8, Int.min, 1, "--head-dim"),
      (8, 8, 64, 0, "--layers"), (8, 8, 64, 100_001, "--layers"),
    ])
  func outOfRange(heads: Int, kvHeads: Int, headDim: Int, layers: Int, option: String) {
    let error = configurationError {
      try ResolvedModel(heads: heads, kvHeads: kvHeads, headDim: headDim, layers: layers)
    }
    #expect(error?.file == option)
    #expect(error?.line == nil)
    #expect(error?.description.hasPrefix("\(option): found ") == true)
  }
}
