import Configuration
import Testing
import Workloads

@Suite("Reading models")
struct ModelReaderTests {
  static let grouped = """
    name: test
    description: A test
    attention: {heads: 32, kv-heads: 8, head-dim: 128}
    layers: 16
    parameters: 8.03B
    source: a paper
    """
  static let latent = """
    name: test
    attention: {kind: mla, heads: 128, latent-dim: 512, rope-dim: 64}
    layers: 61
    """

  static func read(_ text: String) throws -> ModelShape {
    try ModelShape(document: Document(yaml: text, file: "m.yaml"))
  }

  @Test("Every key is read")
  func reads() throws {
    #expect(
      try Self.read(Self.grouped)
        == ModelShape(
          name: "test", summary: "A test", attention: AttentionShape(queryHeads: 32, kvHeads: 8, keyDim: 128),
          layers: 16, parameters: 8_030_000_000, source: "a paper"))
    #expect(
      try Self.read(Self.latent)
        == ModelShape(
          name: "test", attention: .latent(queryHeads: 128, latentDim: 512, rotaryDim: 64), layers: 61))
    #expect(try Self.read(Self.grouped.replacing("{heads", with: "{kind: gqa, heads")) == Self.read(Self.grouped))
  }

  @Test(
    "Parameters read in full, with a suffix, with a space",
    arguments: [
      ("8030261248", 8_030_261_248), ("8_030_261_248", 8_030_261_248), ("8.03 B", 8_030_000_000),
      ("671B", 671_000_000_000),
      ("1.2T", 1_200_000_000_000), ("125M", 125_000_000), ("1", 1), ("8.03e9", 8_030_000_000),
    ])
  func parameters(text: String, count: Int) throws {
    #expect(try Self.read(Self.grouped.replacing("8.03B", with: text)).parameters == count)
  }

  @Test(
    "Each thing wrong is named with its place",
    arguments: [
      ("name: test", "nmae: test", "m.yaml:1:1: unknown key 'nmae'; did you mean 'name'?"),
      ("name: test\n", "", "no key 'name'"),
      ("name: test", "name: ''", "m.yaml:1:7: name: found nothing, expected a text"),
      ("description: A test", "description: [A]", "description: found a list"),
      ("attention: {heads: 32, kv-heads: 8, head-dim: 128}\n", "", "no key 'attention'"),
      ("{heads: 32, kv-heads: 8, head-dim: 128}", "32", "m.yaml:3:12: attention: found '32', expected a mapping"),
      ("heads: 32, kv-heads", "kv-heads", "attention: no key 'heads'"),
      ("kv-heads: 8, ", "", "attention: no key 'kv-heads'"),
      (", head-dim: 128", "", "attention: no key 'head-dim'"),
      ("kv-heads: 8", "kv-heads: 5", "m.yaml:3:34: attention.kv-heads: found 5, expected a divisor of the 32 heads"),
      ("kv-heads: 8", "kv-heads: 64", "expected a divisor of the 32 heads"),
      ("kv-heads: 8", "kv-heads: 0", "attention.kv-heads: found 0, expected a whole number from 1 to 65536"),
      ("kv-heads: 8", "kv_heads: 8", "unknown key 'kv_heads'; did you mean 'kv-heads'?"),
      ("heads: 32", "heads: 65537", "attention.heads: found 65537, expected a whole number from 1 to 65536"),
      ("heads: 32", "heads: -32", "attention.heads: found -32"),
      ("heads: 32", "heads: 1e3", "attention.heads: found '1e3'"),
      ("head-dim: 128", "head-dim: 99999999999999999999", "attention.head-dim"),
      ("head-dim: 128", "head-dim: 128, latent-dim: 4", "unknown key 'latent-dim'"),
      ("heads: 32, kv", "kind: mha, heads: 32, kv", "no kind of attention 'mha'; did you mean 'mla'?"),
      ("heads: 32, kv", "kind: mla, heads: 32, kv", "unknown key 'kv-heads'"),
      ("layers: 16", "layers: 0", "layers: found 0, expected a whole number from 1 to 100000"),
      ("layers: 16", "layers: 100001", "layers: found 100001"),
      ("layers: 16", "layers: many", "m.yaml:4:9: layers: found 'many'"),
      ("layers: 16\n", "", "no key 'layers'"),
      ("8.03B", "8.03X", "parameters: found '8.03X', expected a whole number of parameters"),
      ("8.03B", "0", "m.yaml:5:13: parameters: found '0', expected a whole number of parameters from 1 to 1000 T"),
      ("8.03B", "-1B", "parameters: found '-1B'"),
      ("8.03B", "1e300T", "parameters: found '1e300T'"),
      ("8.03B", "1.5", "parameters: found '1.5'"),
      ("source: a paper", "source: {a: paper}", "source: found a mapping"),
    ])
  func refuses(original: String, replacement: String, message: String) throws {
    let text = Self.grouped.replacing(original, with: replacement, maxReplacements: 1)
    try #require(text != Self.grouped)
    #expect {
      try Self.read(text)
    } throws: { error in
      guard let error = error as? ConfigurationError else { return false }
      return error.line != nil && error.column != nil && error.description.contains(message)
    }
  }

  @Test(
    "Latent attention has its own keys and ranges",
    arguments: [
      ("latent-dim: 512, ", "", "no key 'latent-dim'"), (", rope-dim: 64", "", "no key 'rope-dim'"),
      ("rope-dim: 64", "rope-dim: -1", "from 0 to 65536"), ("latent-dim: 512", "latent-dim: 65537", "from 1 to 65536"),
      ("latent-dim", "latent-dims", "did you mean 'latent-dim'?"), ("kind: mla", "kind: [mla]", "expected a text"),
    ])
  func refusesLatent(original: String, replacement: String, message: String) throws {
    let text = Self.latent.replacing(original, with: replacement)
    #expect {
      try Self.read(text)
    } throws: {
      $0 is ConfigurationError && "\($0)".contains(message)
    }
  }
}
