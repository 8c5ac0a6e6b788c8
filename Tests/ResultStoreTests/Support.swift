import Foundation
import GRDB
import Quantities
import Testing

@testable import ResultStore

/// A directory that goes away with the test.
final class Scratch {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(
      "treeline-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: directory)
  }

  func path(_ name: String = "results.sqlite") -> String {
    directory.appendingPathComponent(name).path
  }

  func write(_ bytes: [UInt8], to name: String = "results.sqlite") throws {
    try Data(bytes).write(to: directory.appendingPathComponent(name))
  }

  /// The names and contents of all files; only while no database is open.
  func contents() throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
      contents[name] = try Data(contentsOf: directory.appendingPathComponent(name))
    }
    return contents
  }

  /// Makes a database by SQL alone, without this module.
  func makeDatabase(_ sql: String, name: String = "results.sqlite", isWAL: Bool = false) throws {
    let queue = try DatabaseQueue(path: path(name))
    try queue.writeWithoutTransaction { db in
      if isWAL { try db.execute(sql: "PRAGMA journal_mode = WAL") }
      try db.execute(sql: sql)
    }
    try queue.close()
  }
}

enum Sample {
  static let topology = InputRecord(
    hash: String(repeating: "a", count: 64), kind: "topology", name: "dgx", text: "name: dgx\nnodes: 2\nlink: ndr\n")
  static let model = InputRecord(
    hash: String(repeating: "b", count: 64), kind: "model", name: "llama", text: "layers: 32\n")
  static let run = RunRecord(
    createdAt: "2025-01-31T23:59:59Z", command: "simulate --tokens 1M", treelineVersion: "0.1.0", seed: 7,
    kind: "simulate", topologyHash: topology.hash, modelHash: model.hash, tokens: 1_000_000, batch: 1, worldSize: 16,
    dtype: "bf16")

  static func results(time: Double = 1e-3, bytes: Int64 = 4096) -> [ResultRecord] {
    [
      ResultRecord(
        label: "tree", algorithm: "tree", options: #"{"reduce":"ring"}"#,
        metrics: [
          MetricRecord(name: "step time", value: Seconds(time), provenance: .simulated),
          MetricRecord(name: "bytes sent", scope: "rank 0", value: Bytes(bytes), provenance: .simulated),
        ]),
      ResultRecord(
        label: "ring", algorithm: "ring", options: "{}", status: .doesNotFit,
        metrics: [MetricRecord(name: "step time", value: Seconds(time * 10), provenance: .closedForm)]),
    ]
  }
}

/// Runs a body that must fail, and gives the error.
func failure(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(ResultStoreError) -> some Any
) -> ResultStoreError? {
  do {
    _ = try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

extension ResultStoreError {
  /// The name of the case.
  var name: String {
    Mirror(reflecting: self).children.first?.label ?? ""
  }
}
