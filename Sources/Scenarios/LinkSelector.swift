import Configuration
import Quantities
import Topologies

/// Links as a scenario names them: a class (`ndr`), a tier (`NIC`), some links of a class (`ndr[0-7]`), one link
/// (`dgx0/gpu1 -> leaf1`), a cable with both its directions (`dgx0/gpu1 - leaf1`), or `all`.
public struct LinkSelector: Sendable {
  /// One thing named.
  enum Part: Hashable, Sendable {
    /// Every link.
    case all
    /// The links of a class or a tier, all or those with some places among them in the order of the topology.
    case named(String, IndexSet?)
    /// The links from one vertex to another, and those back where both directions are meant.
    case between(String, String, bothWays: Bool)
  }

  let parts: [Part]
  private let place: Place

  /// Reads a selector: a text, or a list of them.
  ///
  /// - Throws: ``ConfigurationError`` when it is neither, or empty.
  init(_ field: Field, option: String?) throws(ConfigurationError) {
    place = Place(field, option: option)
    let items = field.isList ? try field.list() : [field]
    var parts: [Part] = []
    for item in items {
      let text = try item.string()
      guard let part = Self.part(NumberText.trim(text)) else {
        throw item.error(
          "found '\(text)', expected links such as ndr, NIC, ndr[0-7], 'dgx0/gpu1 -> leaf1', 'dgx0/gpu1 - leaf1' or all"
        )
      }
      parts.append(part)
    }
    guard !parts.isEmpty else { throw field.error("found an empty list, expected links such as ndr") }
    self.parts = parts
  }

  private static func part(_ text: String) -> Part? {
    for (mark, bothWays) in [("->", false), ("→", false), (" - ", true)] {
      guard let range = text.ranges(of: mark).first else { continue }
      let (from, to) = (
        NumberText.trim(String(text[..<range.lowerBound])), NumberText.trim(String(text[range.upperBound...]))
      )
      return from.isEmpty || to.isEmpty ? nil : .between(from, to, bothWays: bothWays)
    }
    guard text.last == "]", let open = text.lastIndex(of: "[") else {
      return text.isEmpty ? nil : text == "all" ? .all : .named(text, nil)
    }
    let name = NumberText.trim(String(text[..<open]))
    let inside = text[text.index(after: open)...].dropLast()
    guard !name.isEmpty, let indices = IndexSet(String(inside)) else { return nil }
    return .named(name, indices)
  }

  /// The links that are meant, each once, rising.
  ///
  /// - Throws: ``ScenarioError`` when a name is unknown, with the nearest, or when nothing is meant.
  func links(in topology: Topology) throws(ScenarioError) -> [Int] {
    let graph = topology.graph
    var found: Set<Int> = []
    for part in parts {
      switch part {
      case .all: found.formUnion(graph.links.indices)
      case .named(let name, let indices): found.formUnion(try named(name, indices, in: topology))
      case .between(let from, let to, let bothWays):
        found.formUnion(try between(from, to, in: topology))
        if bothWays { found.formUnion(try between(to, from, in: topology)) }
      }
    }
    guard !found.isEmpty else { throw place.error("'\(topology.name)' has no such link") }
    return found.sorted()
  }

  /// The link classes that are meant, for conditions that hold for whole classes.
  ///
  /// - Throws: ``ScenarioError`` when a name is unknown, with the nearest, or something other than classes is meant.
  func classes(in topology: Topology) throws(ScenarioError) -> [Int] {
    let graph = topology.graph
    var found: Set<Int> = []
    for part in parts {
      switch part {
      case .all: found.formUnion(graph.linkClasses.indices)
      case .named(let name, nil):
        if let index = graph.linkClasses.firstIndex(where: { $0.name == name }) {
          found.insert(index)
        } else {
          found.formUnion(try named(name, nil, in: topology).map { Int(graph.links[$0].linkClass) })
        }
      case .named, .between:
        throw place.error("found '\(part.text)', expected a whole link class, such as \(Self.example(topology))")
      }
    }
    return found.sorted()
  }

  private func named(_ name: String, _ indices: IndexSet?, in topology: Topology) throws(ScenarioError) -> [Int] {
    let graph = topology.graph
    let links: [Int]
    if let index = graph.linkClasses.firstIndex(where: { $0.name == name }) {
      links = graph.links.indices.filter { graph.links[$0].linkClass == Int32(index) }
    } else if let tier = LinkTier(rawValue: name) {
      links = graph.links.indices.filter { graph.links[$0].tier == tier }
    } else {
      let names = graph.linkClasses.map(\.name)
      throw place.error(
        "no link class '\(name)' in '\(topology.name)'"
          + NearestName.suggestion(for: name, among: names + LinkTier.allCases.map(\.rawValue))
          + " (there are: \(names.joined(separator: ", ")))")
    }
    guard !links.isEmpty else { throw place.error("'\(topology.name)' has no link of '\(name)'") }
    guard let indices else { return links }
    guard indices.last < links.count else {
      throw place.error(
        "no link \(name)[\(indices.last)] in '\(topology.name)'; expected \(name)[0] to \(name)[\(links.count - 1)]")
    }
    return indices.numbers.map { links[$0] }
  }

  private func between(_ from: String, _ to: String, in topology: Topology) throws(ScenarioError) -> [Int] {
    let graph = topology.graph
    let (first, second) = (try vertex(from, in: topology), try vertex(to, in: topology))
    let links = graph.outgoing[first].filter { Int(graph.links[Int($0)].to) == second }
    guard !links.isEmpty else {
      let peers = graph.outgoing[first].map { graph.vertices[Int(graph.links[Int($0)].to)].name }
      let listed = peers.prefix(8).joined(separator: ", ") + (peers.count > 8 ? ", …" : "")
      throw place.error(
        "no link from '\(from)' to '\(to)' in '\(topology.name)'; '\(from)' has links to: "
          + (peers.isEmpty ? "nothing" : listed))
    }
    return links.map(Int.init)
  }

  private func vertex(_ name: String, in topology: Topology) throws(ScenarioError) -> Int {
    if let index = topology.graph.vertices.firstIndex(where: { $0.name == name }) { return index }
    let names = topology.graph.vertices.map(\.name)
    throw place.error(
      "no vertex '\(name)' in '\(topology.name)'\(NearestName.suggestion(for: name, among: names)) (names are those "
        + "that 'treeline topology path' prints, such as \(names.first ?? "none"))")
  }

  /// An error in the place where the links were asked for.
  func error(_ message: String) -> ScenarioError { place.error(message) }

  /// One link in words: `link dgx0/gpu1 -> leaf1 (ndr)`.
  static func describe(_ link: Int, in topology: Topology) -> String {
    let graph = topology.graph
    let ends = graph.links[link]
    return "link \(graph.vertices[Int(ends.from)].name) -> \(graph.vertices[Int(ends.to)].name) "
      + "(\(graph.linkClass(ofLink: link).name))"
  }

  private static func example(_ topology: Topology) -> String { topology.graph.linkClasses.first?.name ?? "none" }

  /// The selector as YAML.
  var text: String {
    parts.count == 1
      ? YAMLText.scalar(parts[0].text) : "[" + parts.map { YAMLText.scalar($0.text) }.joined(separator: ", ") + "]"
  }
}

extension LinkSelector.Part {
  /// As it would be asked for.
  var text: String {
    switch self {
    case .all: "all"
    case .named(let name, let indices): name + (indices.map { "[\($0.text)]" } ?? "")
    case .between(let from, let to, let bothWays): "\(from) \(bothWays ? "-" : "->") \(to)"
    }
  }
}
