import Foundation
import ResultStore

/// A run as JSON: its inputs by name and hash, and every metric with unit and provenance.
///
/// The time of the run is not in it, so that the same inputs print the same bytes.
public struct RunDocument: Encodable, Sendable {
  /// One metric.
  struct Metric: Encodable, Sendable {
    var name: String
    var scope: String
    var value: MetricNumber
    var unit: String
    var provenance: String
  }

  /// One result.
  struct Result: Encodable, Sendable {
    var label: String
    var algorithm: String
    var options: String
    var status: String
    var metrics: [Metric]
  }

  /// One input.
  struct Input: Encodable, Sendable {
    var kind: String
    var name: String
    var sha256: String
    var text: String
  }

  let run: Int64?
  let kind: String
  let treelineVersion: String
  let command: String
  let seed: UInt64?
  let tokens: Int64?
  let queryTokens: Int64?
  let mask: String?
  let batch: Int64?
  let worldSize: Int64?
  let dtype: String?
  let note: String?
  let inputs: [Input]
  let results: [Result]

  /// Describes a run.
  ///
  /// - Parameters:
  ///   - number: Its number in the database; nil when it was not stored.
  ///   - run: The run.
  ///   - inputs: The texts that it was made from.
  ///   - results: What it found.
  public init(number: Int64?, run: RunRecord, inputs: [InputRecord], results: [ResultRecord]) {
    self.run = number
    kind = run.kind
    treelineVersion = run.treelineVersion
    command = run.command
    seed = run.seed
    tokens = run.tokens
    queryTokens = run.queryTokens
    mask = run.mask
    batch = run.batch
    worldSize = run.worldSize
    dtype = run.dtype
    note = run.note
    self.inputs = inputs.map { Input(kind: $0.kind, name: $0.name, sha256: $0.hash, text: $0.text) }
    self.results = results.map { result in
      Result(
        label: result.label, algorithm: result.algorithm, options: result.options, status: result.status.rawValue,
        metrics: result.metrics.map {
          Metric(
            name: $0.name, scope: $0.scope, value: MetricNumber(value: $0.value), unit: $0.unit,
            provenance: $0.provenance.rawValue)
        })
    }
  }

  /// The JSON of one run as an object, of several as a list.
  ///
  /// - Throws: `EncodingError`, which finite metrics never cause.
  public static func json(_ runs: [RunDocument]) throws -> String {
    if runs.count == 1, let run = runs.first { return try JSONText.encode(run) }
    return try JSONText.encode(runs)
  }
}

/// A metric's value as a JSON number, whole or not.
struct MetricNumber: Encodable, Sendable {
  var value: MetricValue

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch value {
    case .integer(let integer): try container.encode(integer)
    case .real(let real): try container.encode(real)
    }
  }
}
