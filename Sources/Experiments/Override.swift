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

  /// Reads an override as it stands on the command line.
  ///
  /// - Throws: ``ConfigurationError`` when the text is not PATH=VALUE.
  public init(parsing text: String) throws(ConfigurationError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw ConfigurationError(
        file: "--set", path: text, message: "expected PATH=VALUE, such as links.ndr.bandwidth=800Gb/s")
    }
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

  /// The override as it stood on the command line.
  public var description: String { (target == .model ? "model." : "") + path + "=" + value }

  /// Whether the field belongs to a device profile, which is put into the topology before it can be changed.
  var concernsDevices: Bool { target == .topology && path.hasPrefix("devices.") }

  /// An error at a value that an override put there, told of the override instead of the file.
  ///
  /// Values that came from an override carry no line; the last override of the field, or of a mapping around it, is the
  /// one to blame.
  static func blame(_ error: ConfigurationError, among overrides: [Override]) -> ConfigurationError {
    guard error.line == nil,
      let change = overrides.last(where: { error.path == $0.path || error.path.hasPrefix($0.path + ".") })
    else { return error }
    return ConfigurationError(file: "--set \(change)", path: error.path, message: error.message)
  }
}
