import Quantities
import Yams

/// A YAML document with its file name: the start of reading a topology, a device profile or a model.
public struct Document {
  /// The name of the file, for messages.
  public let file: String
  /// The root value.
  public private(set) var root: Field

  /// Reads a document.
  ///
  /// - Parameters:
  ///   - yaml: The text of the file.
  ///   - file: The name of the file, for messages.
  /// - Throws: ``ConfigurationError`` with line and column when the text is not YAML, holds a key twice, nests deeper
  ///   than 64 levels, grows out of proportion by aliases or is empty.
  public init(yaml: String, file: String) throws(ConfigurationError) {
    self.file = file
    // A byte order mark may open a YAML stream (YAML 1.2, section 5.2); the parser takes it for content.
    let yaml = yaml.first == "\u{FEFF}" ? String(yaml.dropFirst()) : yaml
    try DocumentLimits.checkAliases(in: yaml, file: file)
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      throw Self.configurationError(from: error, file: file)
    } catch {
      throw ConfigurationError(file: file, message: "not YAML: \(error)")
    }
    guard let node else { throw ConfigurationError(file: file, line: 1, message: "the file is empty") }
    try DocumentLimits.check(node, textLength: yaml.utf8.count, file: file)
    root = Field(file: file, path: "", node: node)
  }

  /// The document as canonical YAML text: same content, same text, whatever the spacing and comments of the source.
  public func canonicalText() throws(ConfigurationError) -> String {
    do {
      return try Yams.serialize(node: Self.blockStyle(root.node), width: -1, allowUnicode: true)
    } catch {
      throw ConfigurationError(file: file, message: "can't be written as YAML: \(error)")
    }
  }

  /// Puts a value at a path, such as `links.ndr.bandwidth`; every mapping on the way must be there already.
  ///
  /// - Parameters:
  ///   - path: Keys joined by points; a list item is named by its index, from 0: `fabric.levels[1].up`.
  ///   - value: The value as YAML.
  ///   - source: Where the value came from, for messages: `--set`.
  /// - Throws: ``ConfigurationError`` when a step of the path is absent (with the nearest name) or runs through a value
  ///   that is no mapping or list, or the value is not YAML.
  public mutating func set(_ path: String, to value: String, source: String) throws(ConfigurationError) {
    let steps = try Self.steps(of: path, source: source)
    let parsed = try Document(yaml: NumberText.trim(value).isEmpty ? "''" : value, file: source).root.node
    // The value keeps no mark: its line would be one of the command line, not of the file.
    try DocumentLimits.checkPath(steps.count, file: source)
    let changed = try Self.replacing(
      root.node, steps[...], with: Self.unmarked(parsed), path: path, source: source, makesMappings: false)
    try DocumentLimits.check(changed, textLength: .max, file: source)
    root = Field(file: file, path: "", node: changed)
  }

  /// Puts a whole value of another document at a path of this one, making the mappings on the way when they are absent.
  ///
  /// - Parameters:
  ///   - path: The path, as in ``set(_:to:source:)``.
  ///   - field: The value to copy.
  /// - Throws: ``ConfigurationError`` when the path runs through a value that is no mapping.
  public mutating func set(_ path: String, to field: Field) throws(ConfigurationError) {
    let steps = try Self.steps(of: path, source: file)
    try DocumentLimits.checkPath(steps.count, file: file)
    let changed = try Self.replacing(
      root.node, steps[...], with: field.node, path: path, source: file, makesMappings: true)
    try DocumentLimits.check(changed, textLength: .max, file: file)
    root = Field(file: file, path: "", node: changed)
  }

  private static func steps(of path: String, source: String) throws(ConfigurationError) -> [String] {
    guard let path = FieldPath(path) else {
      throw ConfigurationError(
        file: source, path: path,
        message: "not a path; expected keys joined by points, such as links.ndr.bandwidth or fabric.levels[1].up")
    }
    return path.steps
  }

  private static func replacing(
    _ node: Node, _ steps: ArraySlice<String>, with value: Node, path: String, source: String, makesMappings: Bool
  ) throws(ConfigurationError) -> Node {
    guard let step = steps.first else { return value }
    let rest = steps.dropFirst()
    if var sequence = node.sequence {
      guard let index = Int(step), sequence.indices.contains(index) else {
        let expected = sequence.isEmpty ? "the list is empty" : "expected an index from 0 to \(sequence.count - 1)"
        throw ConfigurationError(file: source, path: path, message: "no item '\(step)'; \(expected)")
      }
      sequence[index] = try replacing(
        sequence[index], rest, with: value, path: path, source: source, makesMappings: makesMappings)
      return .sequence(sequence)
    }
    guard var mapping = node.mapping else {
      throw ConfigurationError(
        file: source, path: path, message: "'\(step)' stands below the value '\(node.scalar?.string ?? "")'")
    }
    // Found by its text: a quoted '8' is another node than a plain 8, and the same key.
    let key = mapping.keys.first(where: { $0.scalar?.string == step }) ?? Node(step)
    if mapping[key] == nil, !makesMappings, !rest.isEmpty {
      let names = mapping.keys.compactMap { $0.scalar?.string }
      throw ConfigurationError(
        file: source, path: path,
        message: "no '\(step)' here\(NearestName.suggestion(for: step, among: names)) "
          + "(there are: \(names.joined(separator: ", ")))")
    }
    let child = mapping[key] ?? Node.mapping(Node.Mapping([], .implicit, .block))
    mapping[key] = try replacing(
      child, rest, with: value, path: path, source: source, makesMappings: makesMappings)
    return .mapping(mapping)
  }

  private static func unmarked(_ node: Node) -> Node {
    switch node {
    case .scalar(let scalar): return .scalar(Node.Scalar(scalar.string, scalar.tag, scalar.style))
    case .mapping(let mapping):
      return .mapping(
        Node.Mapping(mapping.map { (unmarked($0.key), unmarked($0.value)) }, mapping.tag, mapping.style))
    case .sequence(let sequence):
      return .sequence(Node.Sequence(sequence.map(unmarked), sequence.tag, sequence.style))
    default: return node
    }
  }

  private static func blockStyle(_ node: Node) -> Node {
    switch node {
    case .mapping(let mapping):
      return .mapping(
        Node.Mapping(mapping.map { (blockStyle($0.key), blockStyle($0.value)) }, .implicit, .block))
    case .sequence(let sequence):
      return .sequence(Node.Sequence(sequence.map(blockStyle), .implicit, .flow))
    case .scalar(let scalar):
      // An anchor would be written as often as its aliases were read.
      return .scalar(Node.Scalar(scalar.string, scalar.tag, scalar.style))
    default: return node
    }
  }

  private static func configurationError(from error: YamlError, file: String) -> ConfigurationError {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let place = context.map { " (\($0.text))" } ?? ""
      return ConfigurationError(
        file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)\(place)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      return ConfigurationError(
        file: file, line: context.mark.line, column: context.mark.column,
        message: "the key '\(duplicates.sorted().joined(separator: "', '"))' stands twice in one mapping")
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.utf8.prefix(offset ?? 0)
      let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
      return ConfigurationError(file: file, line: offset == nil ? nil : line, message: "not YAML: \(problem)")
    default:
      return ConfigurationError(file: file, message: "not YAML: \(error)")
    }
  }
}
