import Configuration
import Experiments
import Quantities
import ResultStore
import TestSupport
import Testing
import Workloads

@testable import Reporting

/// Steps and runs made for these tests.
enum Samples {
  /// Devices on one switch, with names as long as wished.
  static func topology(devices: Int, name: String = "small", capacity: String = "1 GB") throws -> ResolvedTopology {
    let yaml = """
      name: \(name)
      description: devices on one switch
      devices: {unit: {memory: {capacity: \(capacity), bandwidth: 1 TB/s}, peak: {bf16: 100 TFLOP/s}, launch-overhead: 2 us}}
      links: {wire: {bandwidth: 100 GB/s, latency: 1 us}}
      nodes: {box: {devices: {type: unit, count: \(devices)}, scale-up: {kind: switch, link: wire}}}
      """
    return try ResolvedTopology(document: try Document(yaml: yaml, file: "small.yaml"))
  }

  static let model = ModelShape(
    name: "block", attention: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 64), layers: 2)

  static func experiment(tokens: Int, ranks: Int, on topology: ResolvedTopology) -> StepExperiment {
    StepExperiment(
      topology: topology.topology,
      workload: AttentionWorkload(shape: model.attention, batch: 1, tokens: tokens, type: .bf16), layers: model.layers,
      ranks: ranks)
  }

  static func run(tokens: Int64 = 1000, note: String? = nil, command: String = "treeline simulate") -> RunRecord {
    RunRecord(
      createdAt: "2025-01-31T23:59:59Z", command: command, treelineVersion: "0.1.0", seed: 7, kind: "simulate",
      topologyHash: topology("a").hash, modelHash: nil, tokens: tokens, queryTokens: 1, mask: "causal", batch: 2,
      worldSize: 4, dtype: "bf16",
      note: note)
  }

  /// An input whose text holds a word.
  static func topology(_ word: String) -> InputRecord {
    let text = "name: small\nlinks:\n  wire:\n    bandwidth: \(word)\n    latency: 1 us\n"
    return InputRecord(hash: ContentHash.sha256(text), kind: "topology", name: "small", text: text)
  }

  static func result(_ label: String, seconds: Double, bytes: Int64, status: ResultStatus = .ok) -> ResultRecord {
    ResultRecord(
      label: label, algorithm: label, options: "some options", status: status,
      metrics: [
        MetricRecord(name: "step time", value: Seconds(seconds), provenance: .simulated),
        MetricRecord(name: "bytes sent", scope: "all ranks", value: Bytes(bytes), provenance: .simulated),
        MetricRecord(name: "bytes sent", scope: "rank 0", value: Bytes(bytes / 2), provenance: .simulated),
        MetricRecord(name: "peak memory", scope: "rank 0", value: Bytes(77), provenance: .simulated),
        MetricRecord(name: "messages", value: .integer(12_345), unit: "", provenance: .simulated),
      ])
  }

  /// A text of words of random length, with spaces of random width between.
  static func text(using generator: inout SeededGenerator, words: ClosedRange<Int>, longest: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzäöüßµ→─123")
    return (0..<Int.random(in: words, using: &generator)).map { _ in
      let word = (0..<Int.random(in: 1...longest, using: &generator)).map { _ in
        letters.randomElement(using: &generator) ?? "x"
      }
      return String(word) + String(repeating: " ", count: Int.random(in: 0...5, using: &generator) == 0 ? 2 : 0)
    }.joined(separator: " ")
  }
}
