/// A file that can't be taken as a whole; nothing of it is.
public struct MeasurementError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The line; nil where the problem is of no line.
  public let line: Int?
  /// What was found, what was expected, and the nearest name.
  public let message: String

  /// Creates an error.
  public init(file: String, line: Int? = nil, _ message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// One sentence for a person.
  public var description: String { "\(file):\(line.map { "\($0): " } ?? " ")\(message)" }
}
