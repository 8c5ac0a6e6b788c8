import Configuration
import Quantities

/// One `--set PATH=VALUE`: a field of the topology, of a device profile or of the model, and its new value.
///
/// `links.ndr.bandwidth=800Gb/s` and `devices.h100-sxm.memory.bandwidth=4TB/s` change the topology as resolved, with
/// the profiles that it uses in its `devices` section; `model.layers=40` changes the model. The value is YAML.
public struct Override: Hashable, Sendable, CustomStringConvertible {
  /// The file that is changed.
  public enum Target: Sendable, Hashable {
    /// The topology.
    case topology
    /// The model.
    case model
  }

  /// The file that is changed.
  public let target: Target
  /// The path of the field in that file.
  public let path: String
  /// The new value as YAML.
  public let value: String
  private let isSeed: Bool

  /// Reads an override as it stands on the command line.
  ///
  /// - Throws: ``ConfigurationError`` when the text is not PATH=VALUE.
  public init(parsing text: String) throws(ConfigurationError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw ConfigurationError(
        file: "--set", path: text, message: "expected PATH=VALUE, such as links.ndr.bandwidth=800Gb/s")
    }
    isSeed = false
    let path = NumberText.trim(String(text[..<equals]))
    value = NumberText.trim(String(text[text.index(after: equals)...]))
    if path.hasPrefix("model.") {
      target = .model
      self.path = String(path.dropFirst("model.".count))
    } else {
      target = .topology
      self.path = path.hasPrefix("topology.") ? String(path.dropFirst("topology.".count)) : path
    }
  }

  /// The seed of the choice among equal routes, as ``ResolvedTopology`` takes it: an override of `routing.seed`, which
  /// topologies need not have.
  public init(routingSeed seed: UInt64) {
    target = .topology
    path = Self.seedPath
    value = "\(seed)"
    isSeed = true
  }

  private static let seedPath = "routing.seed"

  /// The override as it stood on the command line, without its option.
  public var description: String { isSeed ? value : (target == .model ? "model." : "") + path + "=" + value }

  /// The option that it came from.
  var option: String { isSeed ? "--seed" : "--set" }

  /// Whether the field belongs to a device profile, which is put into the topology before it can be changed.
  var concernsDevices: Bool { target == .topology && path.hasPrefix("devices.") }

  /// Puts the value into a document.
  ///
  /// - Throws: ``ConfigurationError`` when there is no such place, or the value is not YAML.
  func apply(to document: inout Document) throws(ConfigurationError) {
    if isSeed, (try? document.root.mapping().optional("routing")) == nil {
      try document.set("routing", to: "{}", source: option)
    }
    try document.set(path, to: value, source: option)
  }

  /// An error that an override caused, told of the override instead of the file.
  ///
  /// What came from an override carries no line. To blame is the last override of the field that the error is at, or of
  /// a mapping around it; or, where the error is at a mapping, the last that put a key into it, one that the message
  /// names before others. An error that has a line, such as one about a sum, says which override changed what is below.
  static func blame(_ error: ConfigurationError, among overrides: [Override]) -> ConfigurationError {
    let around = overrides.last { error.path == $0.path || isPath(error.path, below: $0.path) }
    let below = overrides.filter { isPath($0.path, below: error.path) }
    let named = below.last { change in
      let key = change.path.dropFirst(error.path.isEmpty ? 0 : error.path.count + 1).prefix { $0 != "." && $0 != "[" }
      return error.message.contains("'\(key)'")
    }
    if error.line == nil, let change = around ?? named ?? below.last {
      return ConfigurationError(
        file: "\(change.option) \(change.description)", path: error.path, message: error.message)
    }
    guard let change = below.last, !error.path.isEmpty else { return error }
    return ConfigurationError(
      file: error.file, line: error.line, column: error.column, path: error.path,
      message: "\(error.message) (with \(change.option) \(change.description))")
  }

  private static func isPath(_ path: String, below other: String) -> Bool {
    other.isEmpty ? !path.isEmpty : path.hasPrefix(other + ".") || path.hasPrefix(other + "[")
  }
}
