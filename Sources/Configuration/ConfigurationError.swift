/// Something wrong in a configuration file: where it stands, and what would have been right.
///
/// Prints as compilers do, `file:line:column: field: message`, so that editors can jump to it.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, or the name of another source such as `--set`.
  public let file: String
  /// The line, counted from 1; nil when the value came from no line of a file.
  public let line: Int?
  /// The column, counted from 1; nil when the value came from no line of a file.
  public let column: Int?
  /// The path of the field, such as `links.ndr.bandwidth`; empty for the whole document.
  public let path: String
  /// What was found, what was expected, and the nearest valid name.
  public let message: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - file: The file, or the name of another source.
  ///   - line: The line, counted from 1.
  ///   - column: The column, counted from 1.
  ///   - path: The path of the field; empty for the whole document.
  ///   - message: What was found and what was expected.
  public init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.message = message
  }

  /// `file:line:column: field: message`.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if line != nil, let column { text += ":\(column)" }
    if !path.isEmpty { text += ": \(path)" }
    return text + ": " + message
  }
}
