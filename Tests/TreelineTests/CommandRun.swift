import Foundation

/// What one run of the executable came to.
struct CommandRun {
  /// The exit code; meaningless when ``wasKilled``.
  let code: Int32
  /// Whether a signal ended it.
  let wasKilled: Bool
  /// Standard output.
  let output: String
  /// Standard error.
  let errors: String

  /// The lines of standard output.
  var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

  /// Standard output read as JSON.
  func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(output.utf8))
  }
}
