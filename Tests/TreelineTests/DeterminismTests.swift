import Testing

/// The same command prints the same bytes.
@Suite struct DeterminismTests {
  @Test(
    "Twice, and in another directory",
    arguments: [
      "simulate --topology dgx-h100-2 --tokens 1M --no-store",
      "simulate --topology asymmetric --tokens 12345 --gpus 20 -a tree,ring,all-gather,single --no-store --json",
      "simulate --topology tpu-v5p-64 --tokens 1M --gpus 16 --seed 9 --no-store --json",
      "simulate --topology mi300x-4 --tokens 8k,9k --gpus 2,3 --no-store --csv", "topology list",
      "topology list --json",
      "topology show asymmetric", "scenario list",
      "simulate --topology dgx-h100-2 --tokens 1M --no-store --scenario noisy-cluster",
      "topology show asymmetric --json", "model list --csv",
    ])
  func output(of line: String) throws {
    let workspace = try Workspace()
    let first = try workspace.run(line)
    #expect(first.code == 0, "\(first.errors)")
    #expect(!first.output.isEmpty)
    #expect(try workspace.run(line).output == first.output)
    #expect(try Workspace().run(line).output == first.output)
  }

  @Test("Results do not depend on --jobs, printed or stored")
  func jobs() throws {
    let line =
      "simulate --topology dgx-h100-2 --tokens 100k,1M --gpus 8,16 --scenario noisy-cluster "
      + "--replications 6 --json"
    let query = [
      "results", "sql", "--csv", "--limit", "100000",
      "SELECT run.command, run.seed, run.tokens, run.world_size, result.position, result.label, result.options, "
        + "metric.name, scope, value, unit, provenance, input.hash, input.kind FROM metric "
        + "JOIN result ON result.id = metric.result_id JOIN run ON run.id = result.run_id "
        + "JOIN run_input ON run_input.run_id = run.id JOIN input ON input.hash = run_input.hash",
    ]
    var printed: Set<String> = []
    var stored: Set<String> = []
    for jobs in ["--jobs 1", "--jobs 2", "--jobs=5", ""] {
      let workspace = try Workspace()
      let run = try workspace.run("\(line) \(jobs)")
      #expect(run.code == 0, "\(run.errors)")
      printed.insert(run.output)
      let rows = try workspace.run(query)
      #expect(rows.code == 0 && rows.lines.count > 1000, "\(rows.errors)")
      stored.insert(rows.output)
    }
    #expect(printed.count == 1)
    #expect(stored.count == 1)
    #expect(printed.first?.contains("--jobs") == false)
  }

  @Test("A stored run reads back as it was printed, but for its number")
  func storedRun() throws {
    let workspace = try Workspace()
    let line = "simulate --topology dgx-h100-1 --tokens 77k --json"
    let first = try workspace.run(line).output
    let second = try workspace.run(line).output
    #expect(first.replacing("\"run\" : 1", with: "\"run\" : 2") == second)
    #expect(try workspace.run("results show 1 --json").output == first)
    let comparison = try workspace.run("results compare 1 2").output
    #expect(comparison.contains("The inputs are the same."))
    #expect(comparison.contains("No metric differs."))
  }
}
