import Foundation
import Testing

/// What `treeline simulate` does with its options.
@Suite struct SimulateTests {
  /// The parts of `simulate --json` that these tests read.
  struct Run: Decodable {
    struct Input: Decodable {
      let kind: String
      let name: String
      let sha256: String
      let text: String
    }

    struct Metric: Decodable {
      let name: String
      let scope: String
      let value: Double
      let unit: String
      let provenance: String
    }

    struct Result: Decodable {
      let label: String
      let options: String
      let status: String
      let metrics: [Metric]

      /// The simulated value of a metric.
      func value(_ name: String, _ scope: String = "", _ provenance: String = "simulated") -> Double? {
        metrics.first { $0.name == name && $0.scope == scope && $0.provenance == provenance }?.value
      }
    }

    let run: Int?
    let seed: Int?
    let tokens: Int
    let queryTokens: Int
    let mask: String
    let batch: Int
    let worldSize: Int
    let dtype: String
    let note: String?
    let inputs: [Input]
    let results: [Result]
  }

  /// Simulates on a small machine without storing.
  private func simulate(_ options: String, on topology: String = "rtx4090-pcie-2") throws -> Run {
    let run = try Workspace().run("simulate --topology \(topology) --no-store --json " + options)
    try #require(run.code == 0, "\(run.errors)")
    return try run.json()
  }

  @Test("A prefill is described by its query tokens, its mask and the layout of its queries")
  func prefill() throws {
    let step = "--tokens 4k --algorithm ring"
    let prefill = step + " --query-tokens all"
    let (decode, causal) = (try simulate(step), try simulate(prefill))
    #expect(decode.queryTokens == 1 && causal.queryTokens == 4000)
    #expect(decode.mask == "causal" && causal.mask == "causal")
    #expect(decode.results[0].options == "p-1 hops, overlap, KV heads")
    #expect(causal.results[0].options == "p-1 hops, overlap, KV heads, zigzag")
    // One query sees every key whatever the mask.
    #expect(try simulate(step + " --mask full").results[0].value("step time") == decode.results[0].value("step time"))
    func compute(_ run: Run) throws -> Double {
      try #require(run.results[0].value("critical resource", "arithmetic of rtx4090"))
    }
    let whole = try simulate(prefill + " --mask full")
    let contiguous = try simulate(prefill + " --layout contiguous")
    #expect(contiguous.results[0].options == "p-1 hops, overlap, KV heads, contiguous")
    // The hop outlasts the first kernel here; then a rank's queries see half of the other's shard, or the last rank's all.
    #expect(abs(try compute(contiguous) / compute(causal) - 2) < 0.01)
    #expect(abs(try compute(whole) / compute(contiguous) - 1) < 0.01)
    #expect(
      try simulate(prefill + " --layout zigzag").results[0].value("step time") == causal.results[0].value("step time"))
    let times = try [causal, contiguous, whole].map { try #require($0.results[0].value("step time")) }
    #expect(times == times.sorted())
    for run in [causal, contiguous, whole] {
      #expect(run.results[0].value("bytes sent", "all ranks") == decode.results[0].value("bytes sent", "all ranks"))
      #expect(run.results[0].value("step time") == run.results[0].value("step time", "", "closed form"))
      #expect(run.results[0].value("token time", "1 layer(s)") == nil)
      #expect(run.results[0].value("time of all layers", "1 layer(s)") == run.results[0].value("step time"))
    }
  }

  @Test("Runs are stored in treeline.sqlite, elsewhere with --database, and nowhere with --no-store")
  func storage() throws {
    let workspace = try Workspace()
    let step = "simulate --topology rtx4090-pcie-2 --tokens 8k"
    #expect(try workspace.run(step + " --no-store").code == 0)
    #expect(try workspace.contents().isEmpty)
    let first = try workspace.run(step)
    #expect(first.output.hasSuffix("Stored as run 1 in treeline.sqlite; look again: treeline results show 1\n"))
    #expect(try workspace.contents().keys.sorted() == ["treeline.sqlite"])
    let grid = try workspace.run(step + ",9k --database other.db")
    let last = try #require(grid.lines.dropLast().last)
    #expect(last == "Stored as runs 1 to 2 in other.db; look again: treeline results show 1 --database other.db")
    #expect(try workspace.run("results show 2 --database other.db").code == 0)
    // A shell takes the path as one word, and a terminal as one line.
    let words = step.split(separator: " ").map(String.init) + ["--database"]
    #expect(
      try workspace.run(words + ["it's mine.db"]).output.hasSuffix(
        "Stored as run 1 in it's mine.db; look again: treeline results show 1 --database 'it'\\''s mine.db'\n"))
    #expect(try workspace.run(words + ["a\n\u{1B}b.db"]).output.contains("Stored as run 1 in a  b.db; look again"))
    #expect(try workspace.run("results show 2").code == 66)
  }

  @Test("What a run was asked is stored with it, with every input in full")
  func settings() throws {
    let workspace = try Workspace()
    let arguments = [
      "simulate", "--topology", "rtx4090-pcie-2", "--tokens", "8Ki", "--batch", "3", "--gpus", "1", "--dtype", "fp16",
      "--seed", "11", "--note", "a remark; with 'quotes'", "--json",
    ]
    let printed = try workspace.run(arguments)
    let run: Run = try printed.json()
    #expect(run.run == 1)
    #expect(run.seed == 11)
    #expect(run.tokens == 8192)
    #expect(run.batch == 3)
    #expect(run.worldSize == 1)
    #expect(run.dtype == "fp16")
    #expect(run.note == "a remark; with 'quotes'")
    #expect(run.inputs.map(\.kind) == ["topology", "model", "options"])
    #expect(run.inputs[0].text.contains("name: NVIDIA GeForce RTX 4090") || run.inputs[0].text.contains("rtx4090:"))
    #expect(try workspace.run("results show 1 --json").output == printed.output)
  }

  @Test("The stored text of the topology alone gives the same run again")
  func inputsRebuildTheRun() throws {
    let workspace = try Workspace()
    let options = "--tokens 31k --no-store --json --set devices.rtx4090.memory.bandwidth=500GB/s --seed 4"
    let first: Run = try workspace.run("simulate --topology rtx4090-pcie-2 " + options).json()
    try workspace.write(first.inputs[0].text, to: "again.yaml")
    try workspace.write(first.inputs[1].text, to: "model.yaml")
    let second: Run = try workspace.run(
      "simulate --topology ./again.yaml --model ./model.yaml --tokens 31k --no-store --json"
    ).json()
    #expect(second.inputs.map(\.sha256) == first.inputs.map(\.sha256))
    #expect(second.seed == 4)
    #expect(second.results[0].value("step time") == first.results[0].value("step time"))
    #expect(second.results[1].value("step time") == first.results[1].value("step time"))
  }

  @Test("Lists of tokens and ranks give a run for each cell")
  func grid() throws {
    let run = try Workspace().run(
      "simulate --topology dgx-h100-1 --tokens 8k,9k,10k --gpus 8,1 --no-store --json --algorithm ring")
    let runs: [Run] = try run.json()
    #expect(runs.map(\.worldSize) == [8, 8, 8, 1, 1, 1])
    #expect(runs.map(\.tokens) == [8000, 9000, 10000, 8000, 9000, 10000])
    #expect(runs.allSatisfy { $0.results.map(\.label) == ["ring"] })
  }

  @Test("CSV has as many cells in every row as its header, and the figures of the JSON")
  func csv() throws {
    let workspace = try Workspace()
    let step = "simulate --topology rtx4090-pcie-2 --tokens 8k --no-store "
    let rows = try workspace.run(step + "--csv").lines.dropLast().map(Self.cells)
    let run: Run = try workspace.run(step + "--json").json()
    let header = try #require(rows.first)
    #expect(rows.allSatisfy { $0.count == header.count })
    let metrics = run.results.flatMap(\.metrics)
    let value = try #require(header.firstIndex(of: "value"))
    let unit = try #require(header.firstIndex(of: "unit"))
    #expect(rows.dropFirst().map { Double($0[value]) } == metrics.map { $0.value })
    #expect(rows.dropFirst().map { $0[unit] } == metrics.map(\.unit))
  }

  /// The cells of a line of CSV, read by the rules of RFC 4180.
  static func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    var previous: Character = ","
    for character in line {
      switch character {
      case "\"":
        // The second of two quotes stands for a quote.
        if !isQuoted, previous == "\"" { cells[cells.count - 1].append("\"") }
        isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].append(character)
      }
      previous = character
    }
    return cells
  }

  @Test(
    "Every option of the algorithms is taken, named in the result, and changes what it should",
    arguments: [
      ("--all-reduces 1", 0, "1 all-reduce, "), ("--all-reduces 2", 0, "2 all-reduces, "),
      ("--all-reduces 3", 0, "3 all-reduces, "), ("--collective ring", 0, "3 all-reduces, ring"),
      ("--collective binary-tree", 0, "3 all-reduces, binary-tree"),
      ("--collective double-binary-tree", 0, "3 all-reduces, double-binary-tree"),
      ("--collective halving-doubling", 0, "3 all-reduces, halving-doubling"),
      ("--collective one-shot", 0, "3 all-reduces, one-shot"),
      ("--collective two-shot", 0, "3 all-reduces, two-shot"),
      ("--collective hierarchical(ring,one-shot)", 0, "3 all-reduces, hierarchical(ring,one-shot)"),
      ("--hops p", 1, "p hops, overlap, KV heads"), ("--hops p-1", 1, "p-1 hops, overlap, KV heads"),
      ("--no-overlap", 1, "p-1 hops, no overlap, KV heads"), ("--overlap", 1, "p-1 hops, overlap, KV heads"),
      ("--ring-heads query", 1, "p-1 hops, overlap, query heads"),
      ("--ring-heads kv", 1, "p-1 hops, overlap, KV heads"),
      ("--keep-home-shard", 1, "p-1 hops, overlap, KV heads, home shard kept"),
    ])
  func algorithmOption(_ option: String, result: Int, name: String) throws {
    let run = try simulate("--tokens 8k --model llama-3.1-8b " + option, on: "dgx-h100-1")
    #expect(run.results.map(\.label) == ["tree", "ring"])
    #expect(run.results[result].options.hasPrefix(name), "\(run.results[result].options)")
  }

  @Test("Options change the figures as their meaning says")
  func optionsChangeFigures() throws {
    let model = "--tokens 64k --model llama-3.1-8b "
    let plain = try simulate(model, on: "dgx-h100-1")
    func bytes(_ run: Run, _ result: Int) throws -> Double {
      try #require(run.results[result].value("bytes sent", "all ranks"))
    }
    // Four query heads a KV head; p hops instead of p - 1; half the bytes an element; twice the sequences.
    let ring = try bytes(plain, 1)
    #expect(try bytes(simulate(model + "--ring-heads query", on: "dgx-h100-1"), 1) == 4 * ring)
    #expect(try bytes(simulate(model + "--hops p", on: "dgx-h100-1"), 1) == ring * 8 / 7)
    #expect(try bytes(simulate(model + "--dtype fp8", on: "dgx-h100-1"), 1) == ring / 2)
    #expect(try bytes(simulate(model + "--batch 2", on: "dgx-h100-1"), 1) == 2 * ring)
    let tree = try bytes(simulate(model + "--collective ring", on: "dgx-h100-1"), 0)
    #expect(try bytes(simulate(model + "--collective ring --partial-dtype fp32", on: "dgx-h100-1"), 0) == 2 * tree)
    let kept = try simulate(model + "--keep-home-shard", on: "dgx-h100-1")
    let peak = try #require(kept.results[1].value("peak memory", "largest rank"))
    #expect(try peak > #require(plain.results[1].value("peak memory", "largest rank")) * 1.4)
    let waiting = try simulate(model + "--no-overlap", on: "dgx-h100-1")
    #expect(try #require(waiting.results[1].value("step time")) > #require(plain.results[1].value("step time")))
  }

  @Test("--set changes links, devices and the model")
  func overrides() throws {
    let plain = try simulate("--tokens 640k -a ring,single")
    let faster = try simulate("--tokens 640k -a ring,single --set links.pcie4.bandwidth=62GB/s")
    let ring = try #require(faster.results[0].value("critical resource", "bandwidth of pcie4"))
    #expect(
      abs(ring * 2 / (try #require(plain.results[0].value("critical resource", "bandwidth of pcie4"))) - 1) < 1e-9)
    let slower = try simulate("--tokens 640k -a ring,single --set devices.rtx4090.memory.bandwidth=100GB/s")
    #expect(
      try #require(slower.results[1].value("step time")) > 5 * #require(plain.results[1].value("step time")))
    let deeper = try simulate("--tokens 640k -a single --set model.layers=40")
    #expect(
      try #require(deeper.results[0].value("token time", "40 layer(s)"))
        == 40 * #require(deeper.results[0].value("step time")))
    #expect(deeper.inputs[1].text.contains("layers: 40"))
  }

  @Test("Of two values for one field the last holds; for different fields the order does not matter")
  func orderOfOverrides() throws {
    let workspace = try Workspace()
    func text(_ options: String) throws -> String {
      let run = try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 64k --no-store --csv " + options)
      try #require(run.code == 0, "\(run.errors)")
      return run.output
    }
    let slow = "--set links.pcie4.bandwidth=1GB/s"
    let fast = "--set links.pcie4.bandwidth=62GB/s"
    #expect(try text(slow + " " + fast) == text(fast))
    #expect(try text(fast + " " + slow) == text(slow))
    #expect(try text(slow) != text(fast))
    let device = "--set devices.rtx4090.memory.bandwidth=500GB/s"
    let model = "--set model.layers=3"
    let orders = [[slow, device, model], [model, slow, device], [device, model, slow], [model, device, slow]]
    #expect(Set(try orders.map { try text($0.joined(separator: " ")) }).count == 1)
  }

  @Test("A free-form model is the named one of the same numbers")
  func freeForm() throws {
    let named = try simulate("--tokens 64k --model llama-3.1-8b")
    let free = try simulate("--tokens 64k --heads 32 --kv-heads 8 --head-dim 128 --layers 32")
    for (first, second) in zip(named.results, free.results) {
      #expect(first.metrics.map(\.value) == second.metrics.map(\.value))
    }
    // As many KV heads as query heads, and one layer, unless told.
    let short = try simulate("--tokens 64k --heads 16 --head-dim 128")
    #expect(short.results[0].value("step time") == (try simulate("--tokens 64k")).results[0].value("step time"))
  }

  @Test("A model that does not fit says by how much and how many devices would hold it, and is no failure")
  func doesNotFit() throws {
    let workspace = try Workspace()
    let step = "simulate --topology rtx4090-pcie-2 --model llama-3.1-70b --tokens 1M --algorithm tree,ring,single"
    let run = try workspace.run(step)
    #expect(run.code == 0)
    #expect(run.errors.isEmpty)
    // 80 layers of 4.096 GB over 2 cards of 24 GB: 163.8 GB a card.
    let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      words.contains("fits, weights not counted NO, 139.8 GB too NO, 141.9 GB too NO, 303.7 GB too much much much"))
    #expect(words.contains("fewest such devices that hold it 14 14 use tree or ring"))
    let stored: Run = try workspace.run("results show 1 --json").json()
    #expect(stored.results.map(\.status) == ["does not fit", "does not fit", "does not fit"])
  }

  @Test("Every figure has a unit or is a count, and says where it comes from")
  func provenance() throws {
    let run = try simulate("--tokens 64k -a tree,ring,all-gather,single")
    for metric in run.results.flatMap(\.metrics) {
      #expect(["simulated", "closed form", "data sheet"].contains(metric.provenance))
      #expect(["s", "B"].contains(metric.unit) || ["messages", "link utilization"].contains(metric.name))
    }
    for result in run.results {
      for scope in ["all ranks", "largest rank"] {
        #expect(result.value("bytes sent", scope) == result.value("bytes sent", scope, "closed form"))
      }
      #expect(result.value("peak memory", "largest rank") == result.value("peak memory", "largest rank", "closed form"))
      #expect(result.value("step time", "", "closed form") != nil)
    }
  }

  @Test("The examples of the help run as they stand")
  func examples() throws {
    let workspace = try Workspace()
    var examples: [String] = []
    for command in ["--help", "simulate --help", "topology --help", "results --help", "results sql --help"] {
      let help = try workspace.run(command).output.replacing(" \\\n", with: " ")
      let block = try #require(help.split(separator: "EXAMPLES\n").last)
      examples += block.split(separator: "\n").prefix { $0.hasPrefix("  treeline ") }
        .map { String($0.dropFirst("  treeline ".count)) }
    }
    #expect(examples.count > 12)
    try FileManager.default.copyItem(
      at: Repository.root.appendingPathComponent("Topologies/dgx-h100-1.yaml"),
      to: workspace.folder.appendingPathComponent("my-cluster.yaml"))
    try FileManager.default.copyItem(
      at: Repository.root.appendingPathComponent("Tests/MachinesTests/Fixtures/dgx-h100.xml"),
      to: workspace.folder.appendingPathComponent("nccl-dump.xml"))
    // Results are of runs, so those come first.
    for example in examples.sorted(by: { first, second in first.hasPrefix("simulate") && !second.hasPrefix("simulate") }
    ) {
      let words = example.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
        index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
      }
      let run = try workspace.run(words)
      #expect(run.code == 0, "treeline \(example): \(run.errors)")
      #expect(!run.output.isEmpty)
    }
  }
}
