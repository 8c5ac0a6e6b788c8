import Configuration

/// Where a part of a scenario was asked for: a place in a file, or an option of the command line.
///
/// Names are looked up long after the file was read, once for every topology, and an error must still say the line.
public struct Place: Hashable, Sendable {
  private let file: String
  private let line: Int?
  private let column: Int?
  private let path: String

  /// The place of a value.
  ///
  /// - Parameters:
  ///   - field: The value.
  ///   - option: The option that the value came from, which has no lines; nil for a file.
  init(_ field: Field, option: String?) {
    // A field tells its place in its errors only.
    let error = field.error("")
    (file, line, column, path) =
      option.map { ($0, nil, nil, "") } ?? (error.file, error.line, error.column, error.path)
  }

  /// An error at this place.
  func error(_ message: String) -> ScenarioError {
    ScenarioError(
      ConfigurationError(file: file, line: line, column: column, path: path, message: message))
  }
}
