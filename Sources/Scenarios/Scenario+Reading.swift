import Configuration
import Quantities

extension Scenario {
  /// Reads a scenario from its file.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong. Names of ranks, links and vertices are not looked up
  ///   here, for want of a cluster.
  public init(document: Document) throws(ConfigurationError) {
    try self.init(document: document, option: nil)
  }

  /// Reads a scenario.
  ///
  /// - Parameters:
  ///   - document: The file, or what an option stands for.
  ///   - option: The option, which the places of names are to be known by; nil for a file.
  init(document: Document, option: String?) throws(ConfigurationError) {
    let root = try document.root.mapping(allowed: [
      "name", "description", "provenance", "source", "seed", "replications", "stragglers", "delays", "jitter",
      "changes", "background", "links", "device",
    ])
    self.init(name: try root.required("name").string())
    summary = try root.string("description", default: "")
    provenance = try root.provenance(default: .assumed)
    source = try root.string("source", default: "")
    if let field = root.optional("seed") { seed = try Self.seed(field) }
    replications = try root.optional("replications")?.integer(in: 1...Self.mostReplications)
    stragglers = try Self.entries(root, "stragglers") { field throws(ConfigurationError) in
      try Straggler(field, option: option)
    }
    delays = try Self.entries(root, "delays") { field throws(ConfigurationError) in
      try StartDelay(field, option: option)
    }
    if let jitter = try root.optional("jitter")?.mapping(allowed: ["kernels", "messages"]) {
      if let kernels = jitter.optional("kernels") { kernelJitter = try Draw(kernels, .share) }
      messageJitters = try Self.entries(jitter, "messages") { field throws(ConfigurationError) in
        try MessageJitter(field, option: option)
      }
    }
    events = try Self.entries(root, "changes") { field throws(ConfigurationError) in
      try LinkEvent(field, option: option)
    }
    background = try Self.entries(root, "background") { field throws(ConfigurationError) in
      try OtherTraffic(field, option: option)
    }
    if let classes = try root.optional("links")?.mapping() {
      for (key, value) in classes.entries {
        links.append(try LinkTraits(of: classes.keyField(key), value, option: option))
      }
    }
    if let field = root.optional("device") { device = try DeviceTraits(field) }
  }

  private static func seed(_ field: Field) throws(ConfigurationError) -> UInt64 {
    guard let text = field.scalarText, let seed = UInt64(text) else {
      throw field.error("found \(field.found), expected a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }

  private static func entries<Entry>(
    _ mapping: FieldMapping, _ key: String, _ read: (Field) throws(ConfigurationError) -> Entry
  ) throws(ConfigurationError) -> [Entry] {
    guard let field = mapping.optional(key) else { return [] }
    var entries: [Entry] = []
    for item in try field.list() { entries.append(try read(item)) }
    return entries
  }
}
