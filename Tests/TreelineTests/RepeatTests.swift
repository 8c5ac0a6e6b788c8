import Foundation
import GRDB
import Testing

/// A stored run can be simulated again from its rows alone.
@Suite struct RepeatTests {
  @Test(
    "Whatever the options, from the database alone",
    arguments: [
      ["--topology", "dgx-h100-1", "--tokens", "8k,9k", "--gpus", "4,8", "--note", "it's a note; with spaces"],
      [
        "--topology", "./own.yaml", "--model", "./model.yaml", "--tokens", "70k", "--scenario", "./scenario.yaml",
        "--straggler", "rank=1:2x", "--scenario-seed", "5", "--replications", "4", "--seed", "3",
      ],
      [
        "--topology", "./own.yaml", "--model", "./model.yaml", "--tokens", "7k,9k", "--kernels", "a100-h100",
        "--software",
        "trtllm", "--collectives", "nccl", "--draw-seed", "18446744073709551615", "--draws", "7", "--algorithm",
        "tree,ring,single",
      ],
      [
        "--topology", "dgx-h100-1", "--model", "./model.yaml", "--tokens", "4k", "--query-tokens", "all", "--algorithm",
        "ring,all-gather", "--kernels", "a100-h100", "--software", "vllm", "--delay", "rank=all:uniform(0, 1ms)",
        "--replications", "3",
      ],
      [
        "--topology", "./own.yaml", "--tokens", "999", "--query-tokens", "all", "--mask", "full", "--layout",
        "contiguous", "--algorithm", "tree,ring,single,all-gather",
      ],
      [
        "--topology", "./own.yaml", "--tokens", "10k", "--query-tokens", "512", "--partial-dtype", "fp32",
        "--algorithm",
        "tree,ring,single,all-gather",
      ],
      [
        "--topology", "./own.yaml", "--tokens", "1Ki", "--heads", "8", "--head-dim", "64", "--layers", "3", "--set",
        "model.layers=2", "--set", "links.pcie4.latency=3us", "--batch", "2", "--dtype", "fp16", "--partial-dtype",
        "fp32", "--algorithm", "ring,tree,single,all-gather", "--collective", "ring", "--all-reduces", "2", "--hops",
        "p", "--no-overlap", "--ring-heads", "query", "--keep-home-shard", "--delay", "rank=all:uniform(0, 1ms)",
      ],
    ])
  func repeats(options: [String]) throws {
    let workspace = try Workspace()
    try workspace.write(try workspace.run("topology show rtx4090-pcie-2 --yaml").output, to: "own.yaml")
    try workspace.write(try workspace.run("model show llama-3.1-8b").output, to: "model.yaml")
    try workspace.write("name: own\ndelays: [{ranks: all, delay: {exponential: 1us}}]\n", to: "scenario.yaml")
    let run = try workspace.run(["simulate"] + options)
    #expect(run.code == 0, "\(run.errors)")
    // The files may change or go; what was stored counts.
    for name in ["own.yaml", "model.yaml", "scenario.yaml"] { try workspace.write("", to: name) }
    for number in 1...(options.contains("8k,9k") ? 4 : options.contains("7k,9k") ? 2 : 1) {
      let again = try workspace.run("results repeat \(number)")
      #expect(again.code == 0, "\(again.errors)")
      #expect(again.output.hasPrefix("run \(number): all ") && again.output.hasSuffix(" figures are the same again\n"))
    }
  }

  private func edit(_ workspace: Workspace, _ sql: String) throws {
    let queue = try DatabaseQueue(path: workspace.folder.appendingPathComponent("treeline.sqlite").path)
    try queue.write { db in try db.execute(sql: sql) }
    try queue.close()
  }

  private let scenario =
    "simulate --topology rtx4090-pcie-2 --tokens 8k --straggler rank=1:2x --delay rank=all:uniform(0,1us) "
    + "--replications 3 --batch 2 --hops p --no-overlap"

  @Test("Whatever has become of the command line, which is no input")
  func commandLine() throws {
    let workspace = try Workspace()
    #expect(try workspace.run(scenario).code == 0)
    for command in ["treeline simulate --tokens 1k --batch 0", "nonsense ''", "treeline explain 1"] {
      try edit(workspace, "UPDATE run SET command = '\(command.replacing("'", with: "''"))'")
      let run = try workspace.run("results repeat 1")
      #expect(run.code == 0 && run.output.contains("figures are the same again"), "\(run.errors)")
    }
  }

  @Test(
    "A stored input that was changed is repeated as it is, and so differs",
    arguments: ["batch = 3", "dtype = 'fp16', batch = 1", "tokens = 9000"])
  func changedInput(change: String) throws {
    let workspace = try Workspace()
    #expect(try workspace.run(scenario).code == 0)
    try edit(workspace, "UPDATE run SET \(change)")
    let run = try workspace.run("results repeat 1")
    #expect(run.code == 70)
    #expect(run.lines.contains { $0.hasPrefix("  tree, step time (simulated): stored ") }, "\(run.output)")
    #expect(run.output.contains(/\n  and \d+ more\n/))
  }

  @Test("A figure that was changed is found out, with its values")
  func difference() throws {
    let workspace = try Workspace()
    #expect(try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k").code == 0)
    try edit(
      workspace, "UPDATE metric SET value = value * 2 WHERE name = 'step time' AND provenance = 'simulated'")
    let run = try workspace.run("results repeat 1")
    #expect(run.code == 70)
    #expect(run.lines.first == "run 1: figures of tree, ring differ; stored by version 0.1.0, repeated by 0.1.0")
    #expect(run.lines.filter { !$0.isEmpty }.count == 3)
    for (line, name) in zip(run.lines.dropFirst(), ["tree", "ring"]) {
      #expect(line.hasPrefix("  \(name), step time (simulated): stored ") && line.contains("s, now "), "\(line)")
    }
    try edit(workspace, "UPDATE result SET options = 'carrier pigeon'")
    #expect(try workspace.run("results repeat 1").output.contains("  tree, options: stored 'carrier pigeon', now '"))
  }

  @Test("JSON tells every difference with its values, and none where all is the same")
  func json() throws {
    struct Document: Decodable {
      struct Difference: Decodable {
        let what: String
        let storedValue: Double?
        let value: Double?
      }
      let run: Int64
      let equal: Bool
      let figures: Int
      let differences: [Difference]
    }
    let workspace = try Workspace()
    #expect(try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k").code == 0)
    let same = try workspace.run("results repeat 1 --json")
    let document = try same.json(Document.self)
    #expect(same.code == 0 && document.equal && document.differences.isEmpty && document.figures > 20)
    try edit(
      workspace, "UPDATE metric SET value = value * 2 WHERE name = 'step time' AND provenance = 'simulated'")
    let run = try workspace.run("results repeat 1 --json")
    let differing = try run.json(Document.self)
    #expect(run.code == 70 && !differing.equal && differing.run == 1)
    #expect(differing.differences.map(\.what) == ["tree, step time (simulated)", "ring, step time (simulated)"])
    for difference in differing.differences {
      #expect(difference.storedValue == difference.value.map { 2 * $0 })
    }
  }
}
