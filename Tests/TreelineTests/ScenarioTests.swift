import Testing

/// What `treeline simulate` makes of scenarios, from the command line to the figures.
@Suite struct ScenarioTests {
  typealias Run = SimulateTests.Run

  /// Simulates without storing.
  private func simulate(_ options: String..., on topology: String = "mi300x-4") throws -> Run {
    let base = ["simulate", "--topology", topology, "--tokens", "64k", "--no-store", "--json"]
    let run = try Workspace().run(base + options)
    try #require(run.code == 0, "\(run.errors)")
    return try run.json()
  }

  /// The simulated step time of each algorithm.
  private func times(_ run: Run) throws -> [Double] {
    try run.results.map { try #require($0.value("step time")) }
  }

  private func expect(_ found: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    for (found, expected) in zip(found, expected) {
      #expect(abs(found / expected - 1) < 1e-9, "\(found) \(expected)", sourceLocation: sourceLocation)
    }
  }

  @Test("A device at half its speed takes twice as long, and the report says what that costs")
  func straggler() throws {
    let clean = try simulate("-a", "single")
    let slow = try simulate("-a", "single", "--straggler", "rank=0:2x")
    expect(try times(slow), try times(clean).map { 2 * $0 })
    let (before, after) = (clean.results[0], slow.results[0])
    #expect(after.value("step time", "without the scenario") == before.value("step time"))
    #expect(
      after.value("step time", "without the scenario", "closed form") == before.value("step time", "", "closed form"))
    #expect(after.value("step time", "", "closed form") == nil)
    let text = try Workspace().run(
      "simulate --topology mi300x-4 --tokens 64k --no-store -a single --straggler rank=0:2x")
    #expect(text.lines.contains { $0.hasPrefix("  the scenario adds") && $0.hasSuffix("+100 %") })
    // A rank that is slow holds all of them up, and a tree has kernels alone to hold up.
    let tree = try simulate("-a", "tree", "--straggler", "rank=3:2x")
    let compute = try #require(tree.results[0].value("critical path", "compute"))
    let unhindered = try #require(try simulate("-a", "tree").results[0].value("critical path", "compute"))
    #expect(compute > 1.9 * unhindered)
  }

  @Test("When all begin late, the step is as much longer")
  func delay() throws {
    let clean = try simulate("-a", "tree,ring,all-gather,single")
    let late = try simulate("-a", "tree,ring,all-gather,single", "--delay", "rank=all:1ms")
    expect(try times(late), try times(clean).map { $0 + 1e-3 })
  }

  @Test(
    "Links at half their bandwidth are links of half the bandwidth, however it is asked for",
    arguments: [
      ["--straggler", "link=all:2x"], ["--load", "links.all:50%"], ["--degrade", "all:50%"],
      ["--efficiency", "links.all:1KB=50%"], ["--scenario", "./half.yaml"],
    ])
  func bandwidth(options: [String]) throws {
    let workspace = try Workspace()
    try workspace.write("name: half\nstragglers: [{links: xgmi, slowdown: 2x}]\n", to: "half.yaml")
    let step = ["simulate", "--topology", "mi300x-4", "--tokens", "64k", "--no-store", "--json", "-a", "ring"]
    let topology = try workspace.run("topology show mi300x-4 --yaml").output
    let half = topology.replacing(/bandwidth: (\d+) GB\/s/) { "bandwidth: \((Int($0.output.1) ?? 0) / 2) GB/s" }
    try #require(half != topology)
    try workspace.write(half, to: "halved.yaml")
    var expected = step
    expected[2] = "./halved.yaml"
    let slow: Run = try workspace.run(step + options).json()
    let reference: Run = try workspace.run(expected).json()
    expect(try times(slow), try times(reference))
  }

  @Test("A file and the options that say the same give the same figures")
  func fileAndOptions() throws {
    let workspace = try Workspace()
    try workspace.write(
      """
      name: same
      seed: 9
      replications: 4
      stragglers: [{ranks: all, slowdown: {uniform: [1x, 2x]}}]
      jitter: {kernels: {exponential: 5%}}
      device: {communication-share: 15%}
      """, to: "same.yaml")
    let step = ["simulate", "--topology", "mi300x-4", "--tokens", "64k", "--no-store", "--json"]
    let file: Run = try workspace.run(step + ["--scenario", "./same.yaml"]).json()
    let options: Run = try workspace.run(
      step + [
        "--straggler", "rank=all:uniform(1x,2x)", "--jitter", "kernels:exponential(5%)", "--communication-share", "15%",
        "--scenario-seed", "9", "--replications", "4",
      ]
    ).json()
    for (one, other) in zip(file.results, options.results) {
      #expect(one.metrics.map(\.value) == other.metrics.map(\.value))
    }
    #expect(file.inputs.map(\.kind) == ["topology", "model", "options", "scenario"])
    #expect(file.inputs[3].name == "same" && options.inputs[3].name == "options")
    #expect(file.inputs[3].text.replacing("name: same", with: "name: options") == options.inputs[3].text)
  }

  @Test("A drawn step comes with its spread, and more replications change none of the first")
  func replications() throws {
    let few = try simulate("--straggler", "rank=all:uniform(1x,2x)", "--replications", "5")
    let many = try simulate("--straggler", "rank=all:uniform(1x,2x)")
    for (few, many) in zip(few.results, many.results) {
      for place in 0..<5 {
        #expect(few.value("step time", "replication \(place)") == many.value("step time", "replication \(place)"))
      }
      #expect(many.value("replications") == 25)
      let all = try (0..<25).map { try #require(many.value("step time", "replication \($0)")) }.sorted()
      #expect(Set(all).count > 20)
      let summary = ["least", "p5", "p50", "p95", "most"].map { many.value("step time", $0) }
      #expect(summary == [all[0], all[1], all[12], all[23], all[24]])
      #expect(many.value("step time") == all[12])
      #expect(try all[0] >= #require(many.value("step time", "without the scenario")))
    }
  }

  @Test("A link that fails for good cuts off who has no other way, and says who")
  func cutOff() throws {
    let run = try Workspace().run([
      "simulate", "--topology", "dgx-h100-2", "--tokens", "64k", "--no-store", "--fail", "dgx0/gpu1->leaf1",
    ])
    #expect(run.code == 65)
    #expect(run.errors.contains("rank 1 is cut off from rank 9"), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test("A traced step is the one that is told of")
  func trace() throws {
    let workspace = try Workspace()
    let drawn = try workspace.run([
      "simulate", "--topology", "mi300x-4", "--tokens", "64k", "--no-store", "--straggler", "rank=all:uniform(1x,2x)",
      "--replications", "3", "--trace", "step.json",
    ])
    #expect(drawn.code == 0, "\(drawn.errors)")
    #expect(workspace.holds("step.json"))
  }
}
