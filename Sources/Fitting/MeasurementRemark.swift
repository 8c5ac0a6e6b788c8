/// A row of a file of measurements, and what is to be said of it.
public struct MeasurementRemark: Hashable, Sendable, CustomStringConvertible {
  /// The file's name.
  public let file: String
  /// The line.
  public let line: Int
  /// What is to be said.
  public let message: String

  /// Creates a remark.
  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// One sentence for a person.
  public var description: String { "\(file):\(line): \(message)" }
}
