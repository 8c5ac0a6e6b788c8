import Configuration
import Quantities

/// What a shape may know of its surroundings while it is read.
struct ShapeContext {
  /// Where the shape is used.
  enum Place {
    /// Between the devices of a node.
    case scaleUp
    /// Between the ports of the nodes.
    case fabric
  }

  /// Where the shape is used.
  var place: Place
  /// The number of endpoints to join.
  var endpointCount: Int
  /// What the endpoints are, for messages: `devices`, `NICs`.
  var noun: String
  /// The link classes of the file.
  var links: LinkTable
  /// How much may be built.
  var limits: TopologyLimits
  /// The name of an endpoint, as explicit graphs call it.
  var endpointName: (Int) -> String
  /// The place of an endpoint among the ports of its node, and the number of those ports.
  var port: (Int) -> (index: Int, count: Int)

  /// Reads the class of a link from a key.
  ///
  /// - Throws: ``ConfigurationError`` when the key is absent or names no class.
  func linkClass(_ key: String, of mapping: FieldMapping) throws(ConfigurationError) -> Int {
    try links.index(naming: try mapping.required(key))
  }

  /// Reads the class of a link from a key that may be absent.
  ///
  /// - Throws: ``ConfigurationError`` when the value names no class.
  func linkClass(_ key: String, of mapping: FieldMapping, default fallback: Int) throws(ConfigurationError) -> Int {
    guard let field = mapping.optional(key) else { return fallback }
    return try links.index(naming: field)
  }

  /// Reads one class per level, from the endpoints up: `link` for all alike, or `links`, a list.
  ///
  /// - Throws: ``ConfigurationError`` when neither or both are given, the list has another length, or a name is
  ///   unknown.
  func levelClasses(of mapping: FieldMapping, levels: Int) throws(ConfigurationError) -> [Int] {
    guard let field = mapping.optional("links") else {
      return Array(repeating: try linkClass("link", of: mapping), count: levels)
    }
    guard mapping.optional("link") == nil else {
      throw field.error("found both 'link' and 'links', expected one of them")
    }
    let items = try field.list()
    guard items.count == levels else {
      throw field.error("found \(items.count) links, expected \(levels): one per level, from the \(noun) up")
    }
    var classes: [Int] = []
    for item in items { classes.append(try links.index(naming: item)) }
    return classes
  }

  /// Refuses a shape that would be too large to build.
  ///
  /// - Throws: ``ConfigurationError`` that names the limit.
  func check(links count: Double, at field: Field) throws(ConfigurationError) {
    guard count <= Double(limits.links) else {
      throw field.error(
        "found a shape of \(NumberText.format(count, significantDigits: 4)) directed links, expected at most "
          + "\(limits.links)")
    }
  }
}
