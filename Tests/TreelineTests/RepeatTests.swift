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
    for number in 1...(options.contains("8k,9k") ? 4 : 1) {
      let again = try workspace.run("results repeat \(number)")
      #expect(again.code == 0, "\(again.errors)")
      #expect(again.output.hasPrefix("run \(number): all ") && again.output.hasSuffix(" figures are the same again\n"))
    }
  }

  @Test("A figure that was changed is found out")
  func difference() throws {
    let workspace = try Workspace()
    #expect(try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k").code == 0)
    let queue = try DatabaseQueue(path: workspace.folder.appendingPathComponent("treeline.sqlite").path)
    try queue.write { db in
      try db.execute(sql: "UPDATE metric SET value = value * 2 WHERE name = 'step time' AND provenance = 'simulated'")
    }
    try queue.close()
    let run = try workspace.run("results repeat 1")
    #expect(run.code == 70)
    #expect(run.output == "run 1: figures of tree, ring differ; stored by version 0.1.0, repeated by 0.1.0\n")
  }
}
