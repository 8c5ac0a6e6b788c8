import Configuration
import Quantities
import Testing
import Workloads

@Suite("Shipped models")
struct ShippedModelsTests {
  @Test("The models that ship are these")
  func names() {
    #expect(
      ShippedFiles.models.names() == [
        "deepseek-v3", "llama-3.1-405b", "llama-3.1-70b", "llama-3.1-8b", "llama-3.2-1b", "paper-block", "qwen3-32b",
      ])
  }

  @Test("Each loads under its file's name with a description and a source", arguments: ShippedFiles.models.names())
  func loads(name: String) throws {
    let model = try ModelShape(document: ShippedFiles.models.load(name))
    #expect(model.name == name)
    #expect(!model.summary.isEmpty && !model.source.isEmpty)
    #expect((model.parameters == nil) == (name == "paper-block"))
  }

  @Test(
    "The KV cache of a token over all layers in bf16 is the published one",
    arguments: [
      // 2 (K and V) x 8 heads x 128 x 2 bytes x layers; MLA: (512 + 64) x 2 bytes x layers.
      ("llama-3.1-8b", 131_072), ("llama-3.1-70b", 327_680), ("llama-3.1-405b", 516_096), ("llama-3.2-1b", 32_768),
      ("qwen3-32b", 262_144), ("deepseek-v3", 70_272), ("paper-block", 8_192),
    ])
  func cachePerToken(name: String, bytes: Int) throws {
    let model = try ModelShape(document: ShippedFiles.models.load(name))
    #expect(model.attention.cacheElementsPerToken * 2 * model.layers == bytes)
  }

  @Test("Figures in full and with a suffix are read")
  func parameters() throws {
    #expect(try ModelShape(document: ShippedFiles.models.load("llama-3.1-8b")).parameters == 8_030_261_248)
    #expect(try ModelShape(document: ShippedFiles.models.load("qwen3-32b")).parameters == 32_800_000_000)
  }
}
