import GRDB

/// Reads the columns of a row from a file that may be damaged: a wrong type is an error, never a crash.
struct RowReader {
  private let row: Row
  private let file: String

  init(_ row: Row, file: String) {
    self.row = row
    self.file = file
  }

  /// A text.
  func text(_ column: String) throws(ResultStoreError) -> String {
    try optionalText(column).orThrow(unexpected(column, "a text"))
  }

  /// A text, or nil for a null.
  func optionalText(_ column: String) throws(ResultStoreError) -> String? {
    switch storage(column) {
    case .null: return nil
    case .string(let text): return text
    default: throw unexpected(column, "a text")
    }
  }

  /// A whole number.
  func integer(_ column: String) throws(ResultStoreError) -> Int64 {
    try optionalInteger(column).orThrow(unexpected(column, "a whole number"))
  }

  /// A whole number, or nil for a null.
  func optionalInteger(_ column: String) throws(ResultStoreError) -> Int64? {
    switch storage(column) {
    case .null: return nil
    case .int64(let value): return value
    default: throw unexpected(column, "a whole number")
    }
  }

  /// A whole or a real number, in the type in which it is stored.
  func metricValue(_ column: String) throws(ResultStoreError) -> MetricValue {
    switch storage(column) {
    case .int64(let value): return .integer(value)
    case .double(let value): return .real(value)
    default: throw unexpected(column, "a number")
    }
  }

  private func storage(_ column: String) -> DatabaseValue.Storage {
    let value: DatabaseValue? = row[column]
    return value?.storage ?? .null
  }

  private func unexpected(_ column: String, _ expected: String) -> ResultStoreError {
    let value: DatabaseValue? = row[column]
    return .corrupt(
      file: file, reason: "column \(column) holds \(value?.description ?? "nothing"), expected \(expected)")
  }
}

extension Optional {
  /// The value, or an error in place of nil.
  fileprivate func orThrow(_ error: @autoclosure () -> ResultStoreError) throws(ResultStoreError) -> Wrapped {
    guard let self else { throw error() }
    return self
  }
}
