import Attention
import Collectives
import Foundation
import Programs
import Simulation
import TestSupport
import Testing
import Topologies
import Workloads

@testable import Reporting

/// A folder that is there for one test.
final class TraceFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "treeline-trace-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
  }
}

/// What a script says of a trace.
enum TraceCheck {
  /// Whether there is a Python to run the script with.
  static let isPossible = (try? execute(["python3", "--version"]).status) == 0

  /// The repository, above this file.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Runs `Tests/check_trace.py`.
  static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    try execute(["python3", "\(root)/Tests/check_trace.py"] + arguments)
  }

  private static func execute(_ words: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// Runs to trace.
enum TraceRuns {
  static let collectives: [CollectiveAlgorithm] = [
    .ring, .binaryTree, .doubleBinaryTree, .halvingDoubling, .oneShot, .twoShot,
    .hierarchical(inside: .twoShot, across: .ring),
  ]

  /// A run of a random algorithm on a random workload and cluster.
  static func random(using generator: inout SeededGenerator) throws -> SimulationRun {
    let ranks = Int.random(in: 1...7, using: &generator)
    let topology = SmallClusters.random(
      devices: ranks, switches: Int.random(in: 1...4, using: &generator), using: &generator)
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 16), batch: Int.random(in: 1...3, using: &generator),
      tokens: Int.random(in: 1...100_000, using: &generator), type: .bf16)
    let algorithm: any AttentionAlgorithm
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      algorithm = RingAttention(
        hops: Bool.random(using: &generator) ? .fewest : .homecoming, overlapsTransfer: Bool.random(using: &generator),
        expandsHeads: Bool.random(using: &generator), keepsHomeShard: Bool.random(using: &generator))
    case 1:
      algorithm = AllGatherAttention(gather: Bool.random(using: &generator) ? .ring : .direct)
    default:
      algorithm = TreeAttention(
        fusion: TreeAttention.Fusion.allCases.randomElement(using: &generator) ?? .three,
        collective: collectives.randomElement(using: &generator) ?? .ring)
    }
    return try Simulator(topology: topology).run(
      algorithm.program(for: workload, on: RankGroup(first: ranks, of: topology)))
  }

  /// A ring on four devices: messages, regions that overlap, and buffers that come and go.
  static func ring() throws -> SimulationRun {
    let topology = SmallClusters.star(4)
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 16), batch: 1, tokens: 50_000, type: .bf16)
    return try Simulator(topology: topology).run(
      RingAttention(hops: .fewest, overlapsTransfer: true, expandsHeads: true, keepsHomeShard: false)
        .program(for: workload, on: RankGroup(first: 4, of: topology)))
  }

  /// The trace of runs as lines.
  static func lines(
    _ runs: [SimulationRun], ranks: TraceRanks = .all, name: String = "trace.json", in folder: TraceFolder
  ) throws -> [String] {
    let file = try TraceFile(path: folder.file(name))
    for (index, run) in runs.enumerated() { try file.add(run, named: "run \(index)", ranks: ranks) }
    _ = try file.finish()
    return String(decoding: try folder.bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
