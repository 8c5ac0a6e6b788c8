import Testing

/// Whole outputs, compared with the texts in `Golden`.
@Suite struct GoldenTests {
  /// Command lines that run one after the other in one directory, and the file that holds what the last ones print.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Run first, their output passed over.
    var before: [[String]] = []
    let shown: [[String]]
    var testDescription: String { name }

    init(_ name: String, after before: [String] = [], _ shown: String...) {
      self.name = name
      self.before = before.map(Self.words)
      self.shown = shown.map(Self.words)
    }

    /// The words of a line; single quotes keep spaces.
    private static func words(_ line: String) -> [String] {
      line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
        index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
      }
    }
  }

  static let twoRuns = [
    "simulate --topology rtx4090-pcie-2 --tokens 64k --note 'as shipped'",
    "simulate --topology rtx4090-pcie-2 --tokens 64k --set links.pcie4.bandwidth=62GB/s --seed 3",
  ]

  static let cases =
    CommandList.help.map { Case("help-" + $0.joined(separator: "-"), ($0 + ["--help"]).joined(separator: " ")) } + [
      Case("help", "--help"),
      Case("topology-show", "topology show dgx-h100-1"),
      Case("topology-show-json", "topology show rtx4090-pcie-2 --json"),
      Case("topology-show-yaml", "topology show rtx4090-pcie-2 --yaml --set links.pcie4.latency=1us"),
      Case("topology-path", "topology path dgx-h100-16 0 9", "topology path dgx-h100-1 3 3"),
      Case("topology-path-json", "topology path rtx4090-pcie-2 0 1 --json"),
      Case("topology-check", "topology check dgx-h100-1 rtx4090-pcie-2"),
      Case("model-show", "model show llama-3.1-8b"),
      Case("simulate-cluster", "simulate --topology dgx-h100-16 --tokens 1.28M --no-store"),
      Case("simulate-node", "simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k --gpus 4"),
      Case(
        "simulate-all-algorithms",
        "simulate --topology rtx4090-pcie-2 --tokens 64Ki --algorithm tree,ring,all-gather,single --no-store"),
      Case(
        "simulate-options",
        """
        simulate --topology dgx-h100-1 --tokens 100k --batch 3 --dtype fp8 --partial-dtype fp32 --all-reduces 1 \
        --collective halving-doubling --hops p --no-overlap --ring-heads query --keep-home-shard --no-store \
        --heads 32 --kv-heads 4 --head-dim 64 --layers 12
        """),
      Case("simulate-does-not-fit", "simulate --topology rtx4090-pcie-2 --model llama-3.1-70b --tokens 1M --no-store"),
      Case("simulate-grid", "simulate --topology dgx-h100-1 --tokens 8k,512k --gpus 2,8 --no-store"),
      Case(
        "simulate-prefill",
        "simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k --query-tokens all --no-store "
          + "--algorithm ring,all-gather",
        "simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k --query-tokens 512 --no-store",
        "simulate --topology dgx-h100-1 --tokens 8k,32k --query-tokens all --gpus 4,8 --no-store --algorithm ring "
          + "--layout contiguous"),
      Case(
        "explain-prefill",
        after: ["simulate --topology rtx4090-pcie-2 --tokens 8k --query-tokens all --mask full --algorithm ring"],
        "results list", "results show 1", "explain 1 --bins 4"),
      Case("simulate-json", "simulate --topology rtx4090-pcie-2 --tokens 64k --algorithm tree --no-store --json"),
      Case("simulate-csv", "simulate --topology rtx4090-pcie-2 --tokens 64k,128k --gpus 1,2 --no-store --csv"),
      Case(
        "simulate-kernels",
        "simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k --no-store --kernels a100-h100 --software vllm "
          + "--collectives nccl",
        "simulate --topology rtx4090-pcie-2 --model llama-3.1-8b --tokens 8k,64k --no-store --kernels a100-h100 "
          + "--software trtllm",
        "simulate --topology dgx-a100-1 --model llama-3.1-8b --tokens 8k --query-tokens all --algorithm ring --no-store "
          + "--kernels a100-h100 --software vllm --delay rank=all:uniform(0,1ms) --replications 4"),
      Case("scenario-show", "scenario show noisy-cluster"),
      Case("check-program", "check program --seed 3 --ranks 1,3 --tokens 7 --mutations 2 --no-store"),
      Case(
        "simulate-scenario",
        "simulate --topology dgx-h100-2 --tokens 1M --no-store --scenario noisy-cluster --straggler rank=3:2x"),
      Case(
        "simulate-straggler",
        "simulate --topology dgx-h100-1 --model llama-3.1-8b --tokens 128k --no-store --scenario straggler"),
      Case(
        "simulate-scenario-grid",
        "simulate --topology dgx-h100-1 --tokens 8k,512k --gpus 4,8 --no-store --scenario straggler",
        "simulate --topology dgx-h100-2 --tokens 8k,512k --no-store --scenario noisy-cluster --replications 9"),
      Case("explain", after: twoRuns, "explain 1"),
      Case(
        "explain-cluster",
        after: ["simulate --topology dgx-h100-2 --model llama-3.1-8b --tokens 1.28M --collective ring"],
        "explain 1 --bins 10"),
      Case(
        "explain-json", after: ["simulate --topology rtx4090-pcie-2 --tokens 8k"], "explain 1 --json --bins 2 -a ring"),
      Case("results-list", after: twoRuns, "results list", "results list --csv --limit 1", "results list --json"),
      Case("results-show", after: twoRuns, "results show 2 --inputs"),
      Case("results-compare", after: twoRuns, "results compare 1 2"),
      Case(
        "results-sql", after: twoRuns,
        "results sql 'SELECT run_id, algorithm, provenance, round(microseconds, 3) AS us FROM v_step_time'",
        "results sql --csv 'SELECT label, options FROM result'",
        "results sql --json 'SELECT id, note, tokens * 1.5 AS more FROM run'", "results sql --schema"),
    ]

  @Test("The output of each command is as kept", arguments: cases)
  func output(of testCase: Case) throws {
    let workspace = try Workspace()
    for arguments in testCase.before { #expect(try workspace.run(arguments).code == 0) }
    var text = ""
    for arguments in testCase.shown {
      let run = try workspace.run(arguments)
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.errors.isEmpty)
      #expect(!run.output.contains(Repository.root.path), "a path of this machine is in the output")
      #expect(!run.output.contains(workspace.folder.path), "a path of this machine is in the output")
      text += "$ treeline \(arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " "))\n" + run.output
    }
    try GoldenFile.check(text, against: testCase.name)
  }
}
