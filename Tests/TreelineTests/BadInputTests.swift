import Foundation
import Testing

/// Bad input is refused with one message on standard error, an exit code that scripts can rely on, and nothing else.
@Suite struct BadInputTests {
  /// A command line that must fail.
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let code: Int32
    let fragments: [String]
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ line: String, _ code: Int32, _ fragments: String...) {
      self.init(line.split(separator: " ").map(String.init), code, fragments)
    }

    init(_ arguments: [String], _ code: Int32, _ fragments: [String]) {
      self.arguments = arguments
      self.code = code
      self.fragments = fragments
    }
  }

  /// Files that the cases name.
  static let files = [
    "malformed.yaml": "name: [a\nlinks: {}\n", "empty.yaml": "", "list.yaml": "- 1\n- 2\n",
    "unknown-key.yaml": "name: x\nlinks: {}\nlonks: {}\n", "file": "not a folder",
    "class.yaml": """
    name: x
    links: {wire: {bandwidth: 1 GB/s, latency: 1 us}}
    nodes: {n: {devices: {type: h100-sxm, count: 2}, scale-up: {kind: full-mesh, link: wirre}}}
    """,
    "device.yaml": """
    name: x
    links: {wire: {bandwidth: 1 GB/s, latency: 1 us}}
    nodes: {n: {devices: {type: h100-smx, count: 2}, scale-up: {kind: full-mesh, link: wire}}}
    """,
    "scenario.yaml": "name: x\nstragglers: [{ranks: 99, slowdown: 2x}]\n",
    "broken.yaml": "name: x\nstragler: []\n",
    "model.yaml": "name: x\nlayers: 3\nattention: {heads: 8, kv-heads: 3, head-dim: 64}\n",
  ]

  /// Runs a case among its files.
  private func check(_ testCase: Case) throws {
    let workspace = try Workspace()
    for (name, text) in Self.files { try workspace.write(text, to: name) }
    let before = try workspace.contents()
    let run = try workspace.run(testCase.arguments)
    #expect(!run.wasKilled)
    #expect(run.code == testCase.code, "\(run.errors)")
    #expect(run.output.isEmpty)
    for fragment in testCase.fragments { #expect(run.errors.contains(fragment), "\(run.errors)") }
    // One line of ours, or the parser's message with how to go on.
    let lines = run.errors.split(separator: "\n")
    let isOurs = run.errors.hasPrefix("treeline: error: ") && lines.count == 1
    let isTheParsers = run.errors.hasPrefix("Error: ") && lines.dropFirst().contains { $0.hasPrefix("Usage: ") }
    #expect(isOurs || isTheParsers, "\(run.errors)")
    #expect(run.errors.split(separator: "rror: ", omittingEmptySubsequences: false).count == 2, "\(run.errors)")
    #expect(try workspace.contents() == before, "something was left behind")
  }

  static let wrongFiles: [Case] = [
    Case("simulate --topology malformed.yaml --tokens 8k", 65, "malformed.yaml:2:6: not YAML"),
    Case("simulate --topology empty.yaml --tokens 8k", 65, "empty.yaml:1: the file is empty"),
    Case("simulate --topology list.yaml --tokens 8k", 65, "list.yaml:1:1", "expected a mapping"),
    Case(
      "simulate --topology unknown-key.yaml --tokens 8k", 65,
      "unknown-key.yaml:3:1: unknown key 'lonks'; did you mean 'links'?"),
    Case("simulate --topology class.yaml --tokens 8k", 65, "class.yaml:3:", "no link 'wirre'; did you mean 'wire'?"),
    Case(
      "simulate --topology device.yaml --tokens 8k", 65, "device.yaml:3:", "no device type 'h100-smx'",
      "did you mean 'h100-sxm'?"),
    Case("topology check device.yaml", 65, "device.yaml:3:", "did you mean 'h100-sxm'?"),
    Case("topology show class.yaml", 65, "did you mean 'wire'?"),
    Case(
      "model show model.yaml", 65, "model.yaml:3:", "attention.kv-heads: found 3, expected a divisor of the 8 heads"),
    Case("simulate --topology dgx-h100-1 --tokens 8k --model model.yaml", 65, "model.yaml:3:"),
    Case("simulate --topology dgx-h100-17 --tokens 8k", 66, "'dgx-h100-17'", "did you mean 'dgx-h100-1'?"),
    Case("simulate --topology ./devise.yaml --tokens 8k", 66, "did you mean './device.yaml'?"),
    Case("simulate --topology . --tokens 8k", 66, "'.'"),
    Case("simulate --topology ./ --tokens 8k", 66, "is a folder"),
    Case("topology show nope", 66, "'nope': no such file"),
    Case("topology path nope 0 1", 66, "'nope': no such file"),
    Case("simulate --topology dgx-h100-1 --tokens 8k --model lama-3.1-8b", 66, "did you mean 'llama-3.1-8b'?"),
    Case("model show lama-3.1-8b", 66, "did you mean 'llama-3.1-8b'?"),
  ]

  @Test("Files that are wrong or missing", arguments: wrongFiles)
  func refusesFile(_ testCase: Case) throws {
    try check(testCase)
  }

  private static func meeting(_ options: String..., code: Int32, _ fragments: String...) -> Case {
    Case(["simulate", "--topology", "dgx-h100-2", "--tokens", "8k"] + options, code, fragments)
  }

  static let scenarios: [Case] = [
    meeting("--straggler", "rank=3:fast", code: 64, "--straggler rank=3:fast: found 'fast', expected a factor"),
    meeting("--straggler", "rank=3:0.5x", code: 64, "found '0.5x', expected a factor from 1x"),
    meeting("--straggler", "3", code: 64, "--straggler 3: expected TARGET:FACTOR, such as rank=3:2x"),
    meeting("--straggler", "rank=16:2x", code: 65, "no rank 16 in the run's 16 ranks; expected 0 to 15"),
    meeting("--straggler", "rank=8:2x", "--gpus", "16,8", code: 65, "no rank 8 in the run's 8 ranks; expected 0 to 7"),
    meeting("--straggler", "link=nrd:2x", code: 65, "no link class 'nrd' in 'dgx-h100-2'; did you mean 'ndr'?"),
    meeting("--delay", "rank=0:-1ms", code: 64, "--delay rank=0:-1ms: found '-1ms', expected a time from 0 s"),
    meeting("--jitter", "kernels:expo(5%)", code: 64, "--jitter kernels:expo(5%): found 'expo(5%)'"),
    meeting("--jitter", "links.nrd:1us", code: 65, "did you mean 'ndr'?"),
    meeting("--degrade", "links.ndr:150%", code: 64, "found '150%', expected a share"),
    meeting("--degrade", "links.ndr[64]:50%", code: 65, "no link ndr[64] in 'dgx-h100-2'; expected ndr[0] to ndr["),
    meeting("--fail", "dgx0/gpu1->leaf11@1ms", code: 65, "no vertex 'leaf11' in 'dgx-h100-2'; did you mean 'leaf1'?"),
    meeting("--fail", "dgx0/gpu1->leaf2@1ms", code: 65, "'dgx0/gpu1' has links to: dgx0/switch, leaf1"),
    meeting("--fail", "@1ms", code: 64, "--fail @1ms: expected LINKS"),
    meeting("--background", "0->16:4MB", code: 65, "no rank 16 in 'dgx-h100-2'; expected 0 to 15"),
    meeting("--background", "0:4MB", code: 64, "--background 0:4MB: expected FROM->TO:SIZE"),
    meeting(
      "--jitter", "kernels:5%", "--jitter", "kernels:7%", code: 64,
      "--jitter kernels:7%: the jitter of kernels is given already, by --jitter kernels:5%"),
    meeting(
      "--jitter", "links.ndr:1us", "--jitter", "links.ndr:1us", code: 64, "the jitter of ndr is given already"),
    meeting(
      "--efficiency", "links.ndr:1KB=30%", "--efficiency", "ndr:1KB=40%", code: 64,
      "--efficiency ndr:1KB=40%: the efficiency of ndr is given already, by --efficiency links.ndr:1KB=30%"),
    meeting(
      "--duplex", "ndr:half", "--duplex", "ndr:full", code: 64,
      "--duplex ndr:full: the duplex mode of ndr is given already, by --duplex ndr:half"),
    meeting(
      "--straggler", "rank=1:1000000x", "--straggler", "rank=1:1000000x", code: 65,
      "--straggler rank=1:1000000x: the slow-downs of rank 1 multiply to 1000000000000x; expected 1000000000x at most"),
    meeting(
      "--degrade", "ndr:0.01%", "--degrade", "ndr:0.01%", code: 65, "multiplies to 1e-6%; expected 0.0001% or more"),
    meeting("--load", "ndr:60%", "--load", "ndr:60%", code: 65, "add up to 120%; expected 99.9999% at most"),
    meeting("--load", "links.ndr:100%", code: 64, "found '100%', expected a share"),
    meeting("--duplex", "links.ndr:haf", code: 64, "no duplex mode 'haf'; did you mean 'half'?"),
    meeting("--efficiency", "links.ndr:1KB", code: 64, "--efficiency links.ndr:1KB: expected a point"),
    meeting("--copy-engines", "0", code: 64, "--copy-engines 0: found 0"),
    meeting("--communication-share", "2", code: 64, "--communication-share 2: found '2'"),
    meeting("--receive-buffer", "many", code: 64, "--receive-buffer many: found 'many'"),
    meeting("--replications", "3", code: 64, "--replications needs a scenario"),
    meeting("--scenario-seed", "3", code: 64, "--scenario-seed needs a scenario"),
    meeting("--scenario", "noisy-cluster", "--replications", "0", code: 64, "--replications: found 0"),
    meeting("--scenario", "noisy-clutser", code: 66, "'noisy-clutser'", "did you mean 'noisy-cluster'?"),
    meeting("--scenario", "scenario.yaml", code: 65, "scenario.yaml:2:22: stragglers[0].ranks: no rank 99"),
    meeting(
      "--scenario", "broken.yaml", code: 65, "broken.yaml:2:1: unknown key 'stragler'; did you mean 'stragglers'?"),
    meeting("--jobs", "0", code: 64, "--jobs: found 0, expected a whole number from 1 to 1024"),
    Case("scenario show noisy-clutser", 66, "did you mean 'noisy-cluster'?"),
    Case("scenario list --json --csv", 64, "--json and --csv"),
  ]

  @Test("Scenarios and their options that are wrong, or name what the topology lacks", arguments: scenarios)
  func refusesScenario(_ testCase: Case) throws {
    try check(testCase)
  }

  private static func step(_ options: String, _ fragments: String...) -> Case {
    Case("simulate --topology dgx-h100-1 \(options)".split(separator: " ").map(String.init), 64, fragments)
  }

  static let values: [Case] = [
    step("--tokens 1k --query-tokens 0", "--query-tokens: found 0, expected a number of tokens from 1 to the 1000 of"),
    step(
      "--tokens 1k --query-tokens 1001", "--query-tokens: found 1001, expected a number of tokens from 1 to the 1000"),
    step(
      "--tokens 4k,1k --query-tokens 2k", "--query-tokens: found 2000, expected a number of tokens from 1 to the 1000"),
    step("--tokens 1k --query-tokens=-1", "--query-tokens: found -1"),
    step("--tokens 1k --query-tokens al", "--query-tokens: found 'al', expected", "or 'all'"),
    step("--tokens 1k --query-tokens 2,3", "--query-tokens: found '2,3'"),
    step("--tokens 1k --mask casual", "--mask: no mask 'casual'; did you mean 'causal'? (there are: full, causal)"),
    step("--tokens 1k --query-tokens all --layout zigzg", "--layout: no layout 'zigzg'; did you mean 'zigzag'?"),
    step(
      "--tokens 1k --query-tokens all --layout zigzag --algorithm tree",
      "--layout: found 'zigzag' with tree alone; expected ring or all-gather in --algorithm"),
    step(
      "--tokens 1k --layout zigzag", "--layout: found 'zigzag' for a decode step",
      "expected --query-tokens of 2 or more"),
    step("--tokens 0", "--tokens: found 0, expected a number of tokens from 1"), step("--tokens -5", "--tokens"),
    step("--tokens=-5", "--tokens: found -5"), step("--tokens 1.5", "--tokens: found '1.5'"),
    step("--tokens 1e30", "--tokens: found '1e30'"), step("--tokens 9223372036854775807", "--tokens: found"),
    step("--tokens 1e13", "--tokens: found 10000000000000"), step("--tokens many", "--tokens: found 'many'"),
    step("--tokens nan", "--tokens: found 'nan'"), step("--tokens inf", "--tokens: found 'inf'"),
    step("--tokens 8k,", "--tokens: found '8k,'"), step("--tokens 8k,0", "--tokens: found 0"),
    step("--tokens 8kB", "--tokens: found '8kB'"), step("--tokens 8k --batch 0", "--batch: found 0"),
    step("--tokens 8k --batch=-1", "--batch: found -1"), step("--tokens 8k --batch 1.5", "--batch"),
    step("--tokens 8k --batch 9223372036854775807", "--batch: found 9223372036854775807"),
    step("--tokens 8k --batch 99999999999999999999", "--batch"),
    step("--tokens 8k --gpus 999", "--gpus 999", "'dgx-h100-1' has 8 devices"),
    step("--tokens 8k --gpus 0", "--gpus: found '0'"), step("--tokens 8k --gpus=-1", "--gpus: found '-1'"),
    step("--tokens 8k --gpus 8,9", "--gpus 9"), step("--tokens 8k --gpus eight", "--gpus: found 'eight'"),
    step("--tokens 8k --heads 0 --head-dim 128", "--heads: found 0, expected a whole number from 1 to 65536"),
    step("--tokens 8k --heads=-4 --head-dim 128", "--heads: found -4"),
    step("--tokens 8k --heads 9223372036854775807 --head-dim 128", "--heads: found 9223372036854775807"),
    step("--tokens 8k --heads 32 --kv-heads 5 --head-dim 128", "--kv-heads: found 5, expected a divisor of the 32"),
    step("--tokens 8k --heads 32 --kv-heads 64 --head-dim 128", "--kv-heads: found 64, expected a divisor of the 32"),
    step("--tokens 8k --heads 32 --head-dim 0", "--head-dim: found 0"),
    step("--tokens 8k --heads 32 --head-dim 128 --layers 0", "--layers: found 0"),
    step("--tokens 8k --heads 32", "--head-dim"), step("--tokens 8k --kv-heads 8", "--heads"),
    step("--tokens 8k --heads 32 --head-dim 128 --model paper-block", "--model and --heads"),
    step("--tokens 1e12 --heads 65536 --head-dim 65536", "heads x head dim", "expected a KV cache below 1e18 B"),
    step("--tokens 8k --algorithm rng", "no algorithm 'rng'; did you mean 'ring'?"),
    step("--tokens 8k --algorithm tree,tree", "'tree' stands twice"),
    step("--tokens 8k --collective hlving-doubling", "did you mean 'halving-doubling'?"),
    step("--tokens 8k --collective hierarchical(rng,ring)", "did you mean 'ring'?"),
    step("--tokens 8k --collective hierarchical(ring)", "hierarchical(INSIDE,ACROSS)"),
    step("--tokens 8k --dtype bf61", "no data type 'bf61'; did you mean 'bf16'?"),
    step("--tokens 8k --partial-dtype fp61", "--partial-dtype: no data type 'fp61'; did you mean 'fp16'?"),
    step("--tokens 8k --hops q", "--hops"), step("--tokens 8k --all-reduces 4", "--all-reduces: found 4"),
    step("--tokens 8k --ring-heads both", "--ring-heads: found 'both'"),
    step("--tokens 8k --seed=-1", "--seed"), step("--tokens 8k --seed 18446744073709551615", "--seed"),
    step("--tokens 8k --json --csv", "--json and --csv"), step("--tokens 8k --database=", "--database"),
    step("", "--tokens"), step("--tokens 8k --colective ring", "--colective"),
    Case("simulate --tokens 8k", 64, "--topology"), Case("simulat", 64, "simulat"),
    Case("topology path dgx-h100-1 0 8", 64, "no rank 8 in 'dgx-h100-1'; expected 0 to 7"),
    Case("topology path dgx-h100-1 0 -- -1", 64, "no rank -1"),
    Case("topology list --json --csv", 64, "--json and --csv"),
    Case("model list --json --csv", 64, "--json and --csv"), Case("results list --json --csv", 64, "--json and --csv"),
    Case("results show 1 --json --csv", 64, "--json and --csv"), Case("results show one", 64, "one"),
    Case("results compare 1 2 --json --csv", 64, "--json and --csv"), Case("results list --limit 0", 64, "--limit"),
    Case("results sql --json --csv SELECT", 64, "--json and --csv"), Case("results sql", 64, "--schema"),
    Case("results sql x --limit 0", 64, "--limit"), Case("results list --database=", 64, "--database"),
  ]

  @Test("Options that are wrong", arguments: values)
  func refusesValue(_ testCase: Case) throws {
    try check(testCase)
  }

  static let overrides: [Case] = [
    ("links", "expected PATH=VALUE"), ("=3", "expected PATH=VALUE"), ("a..b=3", "not a path"),
    ("links.nvlnk4.bandwidth=1GB/s", "did you mean 'nvlink4'?"),
    ("links.nvlink4.bandwith=1GB/s", "did you mean 'bandwidth'?"),
    ("links.nvlink4.bandwidth=fast", "found 'fast', expected a rate"), ("links.nvlink4.bandwidth=", "found nothing"),
    ("links.nvlink4.bandwidth=[", "not YAML"), ("links.nvlink4.bandwidth=-1GB/s", "links.nvlink4.bandwidth: found"),
    ("links.nvlink4.efficiency=2", "links.nvlink4.efficiency: found"), ("links=3", "expected a mapping"),
    ("lnks=3", "unknown key 'lnks'; did you mean 'links'?"), ("nodes.dgx.count=0", "nodes.dgx.count: found 0"),
    ("nodes.dgx.devices.type=h100-smx", "did you mean 'h100-sxm'?"),
    ("nodes.dgx.scale-up.link=nvlnk4", "did you mean 'nvlink4'?"),
    ("devices.h100-smx.memory.bandwidth=1TB/s", "did you mean 'h100-sxm'?"),
    ("devices.h100-sxm.memory.bandwidth=0", "devices.h100-sxm.memory.bandwidth: found '0'"),
    ("devices.h100-sxm.memory.bandwith=1TB/s", "did you mean 'bandwidth'?"), ("model.layers=0", "layers: found 0"),
    ("model.lyers=3", "did you mean 'layers'?"), ("model.attention.kv-heads=3", "kv-heads: found 3"),
  ].map { Case(["simulate", "--topology", "dgx-h100-1", "--tokens", "8k", "--set", $0], 64, ["--set", $1]) }

  @Test("Overrides that are wrong name --set", arguments: overrides)
  func refusesOverride(_ testCase: Case) throws {
    try check(testCase)
  }

  @Test("An override with which another field is wrong is named beside the field")
  func overrideOfASum() throws {
    try check(
      Case(
        "simulate --topology dgx-h100-1 --tokens 8k --set nodes.dgx.count=1000000", 65,
        "nodes.dgx: found 8000000 devices",
        "(with --set nodes.dgx.count=1000000)"))
  }

  @Test("A device profile that is wrong is told with its own file and line")
  func deviceProfile() throws {
    let workspace = try Workspace()
    try FileManager.default.createDirectory(
      at: workspace.folder.appendingPathComponent("Topologies/devices"), withIntermediateDirectories: true)
    try workspace.write(
      "name: rtx4090\nmemory:\n  capacity: 24 GB\n  bandwidth: 1008 GX/s\npeak: {bf16: 1 TFLOP/s}\n",
      to: "Topologies/devices/rtx4090.yaml")
    let run = try workspace.run("topology show rtx4090-pcie-2")
    #expect(run.code == 65)
    #expect(
      run.errors.hasPrefix(
        "treeline: error: ./Topologies/devices/rtx4090.yaml:4:14: memory.bandwidth: found '1008 GX/s'"))
  }

  @Test("Of several topologies each that is wrong is named, in order, and the others are said to be right")
  func severalTopologies() throws {
    let workspace = try Workspace()
    for (name, text) in Self.files { try workspace.write(text, to: name) }
    let run = try workspace.run("topology check dgx-h100-1 nope class.yaml rtx4090-pcie-2")
    #expect(run.code == 66)
    #expect(run.lines == ["dgx-h100-1: ok, 8 devices in 1 node(s)", "rtx4090-pcie-2: ok, 2 devices in 1 node(s)", ""])
    let errors = run.errors.split(separator: "\n")
    #expect(errors.count == 2)
    #expect(errors[0].hasPrefix("treeline: error: 'nope'"))
    #expect(errors[1].hasPrefix("treeline: error: class.yaml:3:"))
  }

  @Test(
    "Output that can't be written is an error, not a crash",
    arguments: ["topology list", "simulate --topology rtx4090-pcie-2 --tokens 8k --no-store", "results sql --schema"])
  func fullDevice(_ line: String) throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let run = try Workspace().run(line.split(separator: " ").map(String.init), output: "/dev/full")
    #expect(!run.wasKilled)
    #expect(run.code == 73)
    #expect(run.errors == "treeline: error: standard output can't be written: it is closed, or the device is full\n")
  }
}
