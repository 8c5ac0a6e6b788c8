import Configuration
import Experiments
import Foundation
import Measurements
import ResultStore

/// A file of measurements that the command line names.
struct MeasurementInput {
  /// How it is to be read.
  struct Reading {
    let format: MeasurementFormat?
    let mapping: ColumnMapping
    let context: LogContext
    /// The database that is written, which can't be read at the same time.
    let target: String
  }

  /// The path as it was given.
  let path: String

  /// The file's name without folders.
  var name: String { (path as NSString).lastPathComponent }

  /// Reads the file.
  ///
  /// - Returns: What it holds, and the SHA-256 of its bytes; of a database, of the measurements that it holds.
  /// - Throws: ``MissingData`` where it can't be read; `MeasurementError`, `ResultStoreError`.
  func read(_ reading: Reading) throws -> (file: MeasurementFile, hash: String) {
    let bytes = try bytes()
    if bytes.starts(with: "SQLite format 3".utf8) || reading.format == .treeline {
      guard OutputFile(option: "", path: path).target != OutputFile(option: "", path: reading.target).target else {
        throw UsageError("found \(path), which is the database that measurements are stored in; expected another")
      }
      guard reading.format == nil || reading.format == .treeline else {
        throw MeasurementError(
          file: path, "found a database, expected a text of the format \(reading.format?.rawValue ?? "")")
      }
      let file = try MeasuredRuns.read(ResultDatabase(path: path, mode: .readOnly), name: path)
      return (file, ContentHash.sha256(MeasuredRuns.canonicalText(file)))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MeasurementError(file: path, line: firstInvalidLine(bytes), "found bytes that are not UTF-8, expected text")
    }
    let file = try MeasurementReader.read(
      text, name: path, format: reading.format, mapping: reading.mapping, context: reading.context)
    return (file, ContentHash.sha256(bytes))
  }

  private func bytes() throws -> [UInt8] {
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let type = (try? FileManager.default.attributesOfItem(atPath: file.path))?[.type] as? FileAttributeType
    guard let type else {
      throw MissingData(description: "\(path): no such file; expected a log, a table or a database")
    }
    guard type == .typeRegular else {
      throw MissingData(description: "\(path): found what is no file, expected a file")
    }
    do {
      return Array(try Data(contentsOf: file))
    } catch {
      throw MissingData(description: "\(path): can't be read: \(error.localizedDescription)")
    }
  }

  private func firstInvalidLine(_ bytes: [UInt8]) -> Int? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
  }
}
