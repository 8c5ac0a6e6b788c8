import Configuration
import Quantities

extension PaperExperiment {
  /// Loads an experiment by name or path.
  ///
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it is wrong.
  public init(_ nameOrPath: String, from library: InputLibrary) throws {
    try self.init(document: library.papers.load(nameOrPath), from: library)
  }

  private static let common = ["name", "title", "measures", "source"]

  /// Reads an experiment; the topology, the model and the experiment that it names are looked up in a library.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document, from library: InputLibrary) throws {
    let reader = PaperReader(library: library)
    let subject: Subject
    let mapping: FieldMapping
    func allowing(_ keys: [String]) throws -> FieldMapping {
      try document.root.mapping(allowed: Self.common + keys)
    }
    switch try Self.kind(of: document) {
    case .decodeTimes:
      mapping = try allowing(DecodeTimes.keys)
      subject = .decodeTimes(try DecodeTimes(mapping, reader))
    case .speedUp:
      mapping = try allowing(SpeedUpFigure.keys)
      subject = .speedUp(try SpeedUpFigure(mapping, reader))
    case .peakMemory:
      mapping = try allowing(PeakMemoryGap.keys)
      subject = .peakMemory(try PeakMemoryGap(mapping, reader))
    case .volume:
      mapping = try allowing(VolumeCount.keys)
      subject = .volume(try VolumeCount(mapping, reader))
    case .localAttention:
      mapping = try allowing(LocalAttentionTime.keys)
      subject = .localAttention(try LocalAttentionTime(mapping, reader))
    }
    let text = try document.canonicalText()
    self.init(
      name: try mapping.required("name").string(), title: try mapping.required("title").string(),
      source: try mapping.required("source").string(), subject: subject, text: text, hash: ContentHash.sha256(text))
  }

  static func kind(of document: Document) throws -> Kind {
    let field = try document.root.mapping().required("measures")
    let name = try field.name(among: Kind.allCases.map(\.rawValue), noun: "kind of experiment")
    guard let kind = Kind(rawValue: name) else { throw field.error("no kind of experiment '\(name)'") }
    return kind
  }
}

extension DecodeTimes {
  static let keys = [
    "topology", "gpus", "model", "steps", "ring", "parallel-paths", "published", "predicted", "goal",
  ]

  init(_ mapping: FieldMapping, _ reader: PaperReader) throws {
    let topology = try reader.topology(mapping.required("topology"))
    let ranks = try reader.ranks(mapping.required("gpus"), of: topology)
    let ring = try mapping.required("ring").mapping(allowed: ["links", "hop-overhead", "bandwidth"])
    let links = try reader.links(ring.required("links"), of: topology)
    let tokens: (Field) throws -> Int = { try reader.tokens($0, on: ranks) }
    self.init(
      topology: topology, ranks: ranks, model: try reader.model(mapping.required("model")),
      steps: try mapping.required("steps").integer(in: 1...1_000_000), links: links,
      overhead: try reader.prior(ring.required("hop-overhead"), Seconds.self),
      bandwidth: try reader.prior(ring.required("bandwidth"), BytesPerSecond.self),
      ways: try mapping.optional("parallel-paths").map { try reader.ways($0, links: links) },
      published: try Self.published(mapping.required("published"), reader, tokens),
      predicted: try mapping.optional("predicted").map { try $0.list().map(tokens) } ?? [],
      goal: try reader.goal(mapping.required("goal")))
    let longest = (published.map(\.tokens) + predicted).max() ?? ranks
    try reader.check(mapping, experiment(topology, tokens: longest))
  }

  private static func published(
    _ field: Field, _ reader: PaperReader, _ tokens: (Field) throws -> Int
  ) throws -> [PublishedTimes] {
    var seen: Set<Int> = []
    return try reader.items(field, "row").map { item in
      let row = try item.mapping(allowed: ["tokens", "tree", "tree-error", "ring", "ring-error", "source"])
      func time(_ key: String) throws -> PublishedTimes.Time {
        PublishedTimes.Time(
          try row.required(key).quantity(Seconds.self), error: try row.required("\(key)-error").quantity(Seconds.self))
      }
      let times = PublishedTimes(
        tokens: try tokens(row.required("tokens")), tree: try time("tree"), ring: try time("ring"),
        source: try row.required("source").string())
      guard times.ring.value > times.tree.value else {
        throw item.error("found a ring that is no slower than the tree, which leaves no hops to fit")
      }
      guard seen.insert(times.tokens).inserted else {
        throw item.error("the row of \(times.tokens) tokens is there twice")
      }
      return times
    }
  }
}

extension SpeedUpFigure {
  static let keys = ["topology", "model", "gpus", "tokens", "published", "ring", "parallel-rings"]

  init(_ mapping: FieldMapping, _ reader: PaperReader) throws {
    let topology = try reader.topology(mapping.required("topology"))
    let ring = try mapping.required("ring").mapping(allowed: ["fitted-in", "bandwidth-of", "overhead-of"])
    let fittedIn = try ring.required("fitted-in")
    let document = try reader.document(fittedIn)
    guard try PaperExperiment.kind(of: document) == .decodeTimes,
      case .decodeTimes(let fitted) = try PaperExperiment(document: document, from: reader.library).subject
    else { throw fittedIn.error("'\(try fittedIn.string())' fits no ring; expected an experiment of decode-times") }
    let ways = try mapping.required("parallel-rings")
    let wayLinks = try ways.mapping(allowed: ["links", "count", "source"])
    let published = try mapping.required("published").list().map { item in
      let row = try item.mapping(allowed: ["gpus", "tokens", "times", "source"])
      let ranks = try reader.ranks(row.required("gpus"), of: topology)
      return Published(
        ranks: ranks, tokens: try reader.tokens(row.required("tokens"), on: ranks),
        times: try row.required("times").number(in: 1.01...1e6), source: try row.required("source").string())
    }
    let ranks = try reader.items(mapping.required("gpus"), "number of GPUs").map {
      try reader.ranks($0, of: topology)
    }
    let most = ranks.max() ?? 2
    self.init(
      topology: topology, model: try reader.model(mapping.required("model")), ranks: ranks,
      tokens: try reader.items(mapping.required("tokens"), "number of tokens").map {
        try reader.tokens($0, on: most)
      },
      published: published, fitted: fitted, fittedName: try fittedIn.string(),
      bandwidthLinks: try reader.links(ring.required("bandwidth-of"), of: topology),
      overheadLinks: try reader.links(ring.required("overhead-of"), of: topology),
      ways: ParallelWays(
        links: try reader.links(wayLinks.required("links"), of: topology),
        count: try wayLinks.required("count").integer(in: 2...1024), source: try wayLinks.required("source").string()))
    let (largest, longest) = (ranks + published.map(\.ranks), tokens + published.map(\.tokens))
    try reader.check(
      mapping, experiment(topology, largest.max() ?? most, longest.max() ?? most, published: true))
  }
}

extension PeakMemoryGap {
  static let keys = ["topology", "gpus", "tokens", "head-dim", "layers", "published", "goal"]

  init(_ mapping: FieldMapping, _ reader: PaperReader) throws {
    let topology = try reader.topology(mapping.required("topology"))
    let headDim = try mapping.required("head-dim").integer(in: 1...65_536)
    let published = try reader.items(mapping.required("published"), "gap").map { item in
      let row = try item.mapping(allowed: ["width", "gap", "source"])
      let width = try row.required("width").integer(in: 1...1_048_576)
      guard width.isMultiple(of: headDim) else {
        throw try row.required("width").error("found \(width), expected a multiple of the head dim \(headDim)")
      }
      return Published(
        width: width, gap: try row.required("gap").quantity(Bytes.self), source: try row.required("source").string())
    }
    let ranks = try reader.ranks(mapping.required("gpus"), of: topology)
    self.init(
      topology: topology, ranks: ranks, tokens: try reader.tokens(mapping.required("tokens"), on: ranks),
      headDim: headDim,
      layers: try mapping.required("layers").integer(in: 1...100_000), published: published,
      goal: try reader.goal(mapping.required("goal")))
    for row in published { try reader.check(mapping, experiment(width: row.width)) }
  }
}

extension VolumeCount {
  static let keys = ["topology", "model", "cells", "goal"]

  init(_ mapping: FieldMapping, _ reader: PaperReader) throws {
    let topology = try reader.topology(mapping.required("topology"))
    self.init(
      topology: topology, model: try reader.model(mapping.required("model")),
      cells: try reader.items(mapping.required("cells"), "cell").map { item in
        let cell = try item.mapping(allowed: ["gpus", "tokens"])
        let ranks = try reader.ranks(cell.required("gpus"), of: topology)
        return Cell(ranks: ranks, tokens: try reader.tokens(cell.required("tokens"), on: ranks))
      }, goal: try reader.goal(mapping.required("goal")))
    for cell in cells { try reader.check(mapping, experiment(cell)) }
  }
}

extension LocalAttentionTime {
  static let keys = ["topology", "gpus", "model", "tokens", "published"]

  init(_ mapping: FieldMapping, _ reader: PaperReader) throws {
    let topology = try reader.topology(mapping.required("topology"))
    let ranks = try reader.ranks(mapping.required("gpus"), of: topology)
    self.init(
      topology: topology, ranks: ranks, model: try reader.model(mapping.required("model")),
      tokens: try reader.tokens(mapping.required("tokens"), on: ranks),
      published: try reader.items(mapping.required("published"), "time").map { item in
        let row = try item.mapping(allowed: ["time", "source"])
        return Published(
          time: try row.required("time").quantity(Seconds.self), source: try row.required("source").string())
      })
    try reader.check(mapping, experiment(topology))
  }
}
