import Configuration

/// A paper and those of its tables, figures and claims that are reproduced.
///
///     name: tree-attention
///     title: "Tree Attention: …"
///     source: arXiv 2408.04093v4
///     experiments: [h100-8, mi300x-4]
public struct Paper: Sendable {
  /// The name, such as `tree-attention`; of a single experiment its own.
  public let name: String
  /// The paper's title.
  public let title: String
  /// Where it was published.
  public let source: String
  /// What is reproduced, in order.
  public let experiments: [PaperExperiment]

  /// Loads a paper, or a single experiment, by name or path.
  ///
  /// - Parameters:
  ///   - nameOrPath: The name of a file in the library's folders of papers, or a path.
  ///   - library: Where names are looked up: of experiments, topologies, devices and models.
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it, or one that it names,
  ///   is wrong.
  public init(_ nameOrPath: String, from library: InputLibrary) throws {
    let document = try library.papers.load(nameOrPath)
    guard let list = try document.root.mapping().optional("experiments") else {
      let experiment = try PaperExperiment(document: document, from: library)
      self.init(
        name: experiment.name, title: experiment.title, source: experiment.source, experiments: [experiment])
      return
    }
    let mapping = try document.root.mapping(allowed: ["name", "title", "source", "experiments"])
    let fields = try list.list()
    guard !fields.isEmpty else { throw list.error("found no experiment, expected one at least") }
    let reader = PaperReader(library: library)
    var experiments: [PaperExperiment] = []
    for field in fields {
      let experiment = try PaperExperiment(document: try reader.document(field), from: library)
      guard !experiments.contains(where: { $0.name == experiment.name }) else {
        throw field.error("the experiment '\(experiment.name)' is there twice")
      }
      experiments.append(experiment)
    }
    self.init(
      name: try mapping.required("name").string(), title: try mapping.required("title").string(),
      source: try mapping.required("source").string(), experiments: experiments)
  }

  init(name: String, title: String, source: String, experiments: [PaperExperiment]) {
    self.name = name
    self.title = title
    self.source = source
    self.experiments = experiments
  }
}
