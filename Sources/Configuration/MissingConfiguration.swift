import Quantities

/// A configuration file that was asked for and can't be had: there is none, or it can't be read.
///
/// It is no fault of a file's content, which a ``ConfigurationError`` is, so the command line gives it an exit code of
/// its own (66, "no input").
public struct MissingConfiguration: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name or path as it was asked for.
  public let name: String
  /// The folders searched for a name, in order; empty for a path.
  public let folders: [String]
  /// The nearest name, or the path of the nearest file, that would have been found.
  public let nearest: String?
  /// Every name that would have been found; empty for a path.
  public let available: [String]
  /// What is wrong: "no such file", "is a folder", "can't be read".
  public let reason: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - name: The name or path as it was asked for.
  ///   - folders: The folders searched for a name, in order; empty for a path.
  ///   - nearest: The nearest name or path that would have been found.
  ///   - available: Every name that would have been found; empty for a path.
  ///   - reason: What is wrong.
  public init(
    name: String, folders: [String] = [], nearest: String? = nil, available: [String] = [],
    reason: String = "no such file"
  ) {
    self.name = name
    self.folders = folders
    self.nearest = nearest
    self.available = available
    self.reason = reason
  }

  /// One sentence for a person.
  public var description: String {
    var text = "'\(name)': \(reason)"
    if !folders.isEmpty { text += ", searched in \(folders.joined(separator: ", "))" }
    if let nearest { text += "; did you mean '\(nearest)'?" }
    if !available.isEmpty { text += " (there are: \(available.joined(separator: ", ")))" }
    return text
  }
}
