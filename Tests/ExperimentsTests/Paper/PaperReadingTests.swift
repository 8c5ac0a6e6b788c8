import Configuration
import Experiments
import Testing

/// Files of experiments that are wrong.
@Suite struct PaperReadingTests {
  private static let decodeTimes = """
    name: pair
    title: two
    measures: decode-times
    source: nowhere
    topology: rtx4090-pcie-2
    gpus: 2
    model: llama-3.2-1b
    steps: 9
    ring:
      links: [pcie4]
      hop-overhead: {median: 60 us, sigma: 0.7, source: assumed}
      bandwidth: {median: 5 GB/s, sigma: 1.5, source: assumed}
    published:
      - {tokens: 8000, tree: 0.3 s, tree-error: 0.1 s, ring: 1 s, ring-error: 0.1 s, source: a table}
    predicted: [16k]
    goal: 5 %
    """

  @Test(
    "What is wrong is named with its line, its field and the nearest name",
    arguments: [
      ("measures: decode-times", "measures: decode-time", "pair.yaml:3:", "did you mean 'decode-times'?"),
      ("topology: rtx4090-pcie-2", "topology: rtx4090-pcie", "pair.yaml:5:", "did you mean 'rtx4090-pcie-2'?"),
      ("gpus: 2", "gpus: 3", "pair.yaml:6:", "gpus: found 3, expected a whole number from 2 to 2"),
      ("gpus: 2", "gpu: 2", "pair.yaml:6:", "unknown key 'gpu'; did you mean 'gpus'?"),
      ("model: llama-3.2-1b", "model: llama-3.2-1c", "pair.yaml:7:", "did you mean 'llama-3.2-1b'?"),
      ("steps: 9", "steps: 0", "pair.yaml:8:", "steps: found 0"),
      ("[pcie4]", "[pcie5]", "pair.yaml:10:", "no link class 'pcie5'; did you mean 'pcie4'?"),
      ("[pcie4]", "[]", "pair.yaml:10:", "found no link class"),
      ("median: 60 us", "median: 60", "pair.yaml:11:", "ring.hop-overhead.median"),
      ("sigma: 1.5", "sigma: 0", "pair.yaml:12:", "ring.bandwidth.sigma"),
      ("tokens: 8000", "tokens: 1", "pair.yaml:14:", "expected a token at least for each of 2 GPUs"),
      ("ring: 1 s", "ring: 0.2 s", "pair.yaml:14:", "no slower than the tree"),
      ("tree-error: 0.1 s", "tree-error: 0 s", "pair.yaml:14:", "published[0].tree-error: found '0 s'"),
      (", source: a table", "", "pair.yaml:14:", "no key 'source'"),
      ("goal: 5 %", "goal: 5", "pair.yaml:16:", "expected a share such as '5 %', or 'standard error'"),
      ("goal: 5 %", "goal: standard eror", "pair.yaml:16:", "did you mean 'standard error'?"),
    ])
  func decodeTimes(_ found: String, _ replacement: String, _ place: String, _ message: String) throws {
    #expect(Self.decodeTimes.contains(found))
    let yaml = Self.decodeTimes.replacing(found, with: replacement)
    let error = try #require(
      configurationError {
        try PaperExperiment(document: try Document(yaml: yaml, file: "pair.yaml"), from: Shipped.library)
      })
    #expect("\(error)".hasPrefix(place), "\(error)")
    #expect("\(error)".contains(message), "\(error)")
  }

  @Test("As it stands it is right")
  func rightOne() throws {
    let document = try Document(yaml: Self.decodeTimes, file: "pair.yaml")
    #expect(try PaperExperiment(document: document, from: Shipped.library).name == "pair")
  }

  @Test("A figure can't take its ring from an experiment that fits none, itself included")
  func fittedIn() throws {
    let speedUp = """
      name: x
      title: x
      measures: speed-up
      source: x
      topology: dgx-h100-2
      model: paper-block
      gpus: [8]
      tokens: [80k]
      published: []
      ring: {fitted-in: speed-up, bandwidth-of: [nvlink4], overhead-of: [nvlink4]}
      parallel-rings: {links: [ndr], count: 8, source: x}
      """
    func error(_ yaml: String) -> ConfigurationError? {
      configurationError {
        try PaperExperiment(document: try Document(yaml: yaml, file: "x.yaml"), from: Shipped.library)
      }
    }
    let own = try #require(error(speedUp))
    #expect("\(own)".contains("x.yaml:10:"))
    #expect("\(own)".contains("'speed-up' fits no ring; expected an experiment of decode-times"))
    let unknown = try #require(error(speedUp.replacing("fitted-in: speed-up", with: "fitted-in: h100-9")))
    #expect("\(unknown)".contains("no experiment 'h100-9'; did you mean 'h100-8'?"))
  }

  @Test("A width that the head dim doesn't divide is refused, and one that 64 bits can't count")
  func width() throws {
    let yaml = """
      name: x
      title: x
      measures: peak-memory
      source: x
      topology: rtx4090-pcie-2
      gpus: 2
      tokens: 128k
      head-dim: 128
      layers: 1
      published: [{width: 100, gap: 5 MB, source: x}]
      goal: 1 %
      """
    let error = try #require(
      configurationError {
        try PaperExperiment(document: try Document(yaml: yaml, file: "x.yaml"), from: Shipped.library)
      })
    #expect("\(error)".contains("x.yaml:10:"))
    #expect("\(error)".contains("found 100, expected a multiple of the head dim 128"))
    let large = yaml.replacing("width: 100", with: "width: 1048576").replacing("128k", with: "1G")
      .replacing("layers: 1", with: "layers: 100000")
    let tooLarge = try #require(
      configurationError {
        try PaperExperiment(document: try Document(yaml: large, file: "x.yaml"), from: Shipped.library)
      })
    #expect("\(tooLarge)".contains("x.yaml:1:1: can't be simulated: batch x tokens"), "\(tooLarge)")
  }

  @Test("A single experiment reads as a paper of one")
  func single() throws {
    let paper = try Paper("mi300x-4", from: Shipped.library)
    #expect(paper.experiments.map(\.name) == ["mi300x-4"])
    #expect(throws: MissingConfiguration.self) { try Paper("tree-atention", from: Shipped.library) }
  }
}
