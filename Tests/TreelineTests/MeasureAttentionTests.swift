import Foundation
import Testing

/// `treeline measure attention` whole: steps as programs on several emulated devices, and what can go wrong there.
@Suite(.enabled(if: EmulatedDevice.isBuilt, "\(EmulatedDevice.reason)")) struct MeasureAttentionTests {
  private static let small = "--heads 4 --kv-heads 2 --head-dim 64 --tokens 103 --repeats 6"

  private func measure(_ workspace: Workspace, _ line: String, _ settings: [String]) throws -> CommandRun {
    try EmulatedDevice.install(in: workspace, settings)
    return try workspace.run(
      ["measure", "attention"] + EmulatedDevice.options + line.split(separator: " ").map(String.init))
  }

  private struct Document: Decodable {
    struct Measurement: Decodable {
      let label: String
      let kernel: String
      let options: String
      let provenance: String
      let median: Double
      let largestErrorOfBound: Double
      let samples: [Double]
    }
    struct Step: Decodable {
      struct Simulated: Decodable {
        let provenance: String
        let seconds: Double
        let peakBytesByRank: [Int]
      }
      let launches: Int
      let bytesSent: Int
      let bytesByPair: [[Int]]
      let reducedBytesByRank: [Int]
      let peakBytesByRank: [Int]
      let arenaBytesByRank: [Int]
      let scratchBytesByRank: [Int]
      let hasPeerAccess: Bool?
      let simulated: Simulated?
    }
    let deviceOfRank: [Int]
    let measurements: [Measurement]
    let steps: [Step]
  }

  @Test("Tree, ring and the baselines run on four devices, with the bytes and the memory of the simulated programs")
  func wholePath() throws {
    let workspace = try Workspace()
    let topology = Repository.root.appendingPathComponent("Topologies/dgx-h100-1.yaml").path
    let line = Self.small + " --algorithm tree,ring,all-gather,single --topology \(topology)"
    let run = try measure(workspace, line + " --json", ["devices 4"])
    #expect(run.code == 0, "\(run.errors)")
    let document = try run.json(Document.self)
    #expect(document.deviceOfRank == [0, 1, 2, 3])
    #expect(document.measurements.map(\.kernel) == ["tree", "ring", "all-gather", "single"])
    for (one, step) in zip(document.measurements, document.steps) {
      #expect(one.provenance == "emulated")
      #expect(one.samples.count == 6)
      #expect(one.median > 0)
      #expect(one.largestErrorOfBound > 0 && one.largestErrorOfBound <= 1, "\(one.label)")
      #expect(one.options.contains("way=graph cache=flushed"))
      let simulated = try #require(step.simulated)
      #expect(simulated.provenance == "simulated")
      #expect(simulated.seconds > 0)
      #expect(simulated.peakBytesByRank == step.peakBytesByRank, "\(one.label)")
      for (peak, arena) in zip(step.peakBytesByRank, step.arenaBytesByRank) { #expect(peak <= arena) }
      #expect(step.bytesByPair.joined().reduce(0, +) == step.bytesSent)
      #expect(step.hasPeerAccess == true)
      #expect(step.reducedBytesByRank == [0, 0, 0, 0].dropLast(step.bytesByPair.count == 1 ? 3 : 0))
    }
    // 103 tokens of 4 ranks: three hops of every shard, of K and V of two heads of 64 numbers of two bytes.
    #expect(document.steps[1].bytesSent == 3 * 103 * 2 * 2 * 64 * 2)
    #expect(document.steps[3].bytesSent == 0)
    #expect(document.steps[1].bytesByPair[3][1] == 0 && document.steps[1].bytesByPair[3][0] > 0)
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM sample") == ["emulated"])
    #expect(try workspace.rows("SELECT count(*) FROM sample") == ["24"])
    #expect(
      try workspace.rows("SELECT DISTINCT provenance FROM metric ORDER BY 1") == ["computed", "emulated", "simulated"])
    #expect(
      try workspace.rows("SELECT count(*) FROM metric WHERE name = 'peak bytes' AND scope LIKE '%simulated'")
        == ["13"])
    #expect(try workspace.rows("SELECT kind FROM input ORDER BY kind") == ["machine", "model", "topology"])
    #expect(try workspace.rows("SELECT kind, note IS NULL FROM run") == ["measure,1"])
    // Launched one by one the results are the same, and counted time is the same every time.
    let again = try measure(workspace, line + " --json --no-store", ["devices 4"])
    #expect(try again.json(Document.self).measurements.map(\.samples) == document.measurements.map(\.samples))
    let single = try measure(workspace, line + " --no-store --launch operations", ["devices 4"])
    #expect(single.code == 0, "\(single.errors)")
    for text in ["EMULATED", "4 ranks on devices 0, 1, 2, 3", "launched operation by operation", "simulated"] {
      #expect(single.output.contains(text), "\(text) in \(single.output)")
    }
    #expect(!single.output.contains("measured "))
  }

  @Test(
    "Every way to reduce, to pass shards on and to store computes attention on devices",
    arguments: [
      "--algorithm tree --all-reduces 3 --collective ring --dtype fp16 --ranks 3",
      "--algorithm tree --all-reduces 2 --collective binary-tree --partial-dtype fp32",
      "--algorithm tree --all-reduces 1 --collective double-binary-tree --partial-dtype fp32",
      "--algorithm tree --all-reduces 3 --collective halving-doubling --partial-dtype fp32",
      "--algorithm tree --all-reduces 1 --collective one-shot --dtype fp16",
      "--algorithm tree --all-reduces 2 --collective two-shot",
      "--algorithm ring --hops p --no-overlap --partial-dtype fp32",
      "--algorithm ring --ring-heads query --keep-home-shard --partial-dtype fp32 --batch 2",
      "--algorithm ring --dtype fp16 --warm-cache", "--algorithm all-gather --ranks 2 --batch 2",
    ])
  func waysOfRunning(line: String) throws {
    let run = try measure(try Workspace(), Self.small + " --json --no-store " + line, ["devices 4"])
    #expect(run.code == 0, "\(line): \(run.errors)")
    let one = try #require(try run.json(Document.self).measurements.first)
    #expect(one.largestErrorOfBound > 0 && one.largestErrorOfBound <= 1)
  }

  @Test(
    "By calls of NCCL, as a graph and one by one, results are right and messages carry the same bytes",
    arguments: [
      "--algorithm tree --all-reduces 3", "--algorithm tree --all-reduces 2 --partial-dtype fp32 --launch operations",
      "--algorithm tree --all-reduces 1 --collective double-binary-tree --partial-dtype fp32",
      "--algorithm tree --all-reduces 1 --collective one-shot --ranks 3", "--algorithm ring",
      "--algorithm ring --hops p --no-overlap --partial-dtype fp32 --launch operations",
      "--algorithm ring --ring-heads query --keep-home-shard --partial-dtype fp32 --batch 2",
      "--algorithm all-gather --partial-dtype fp32", "--algorithm tree --tokens 3 --partial-dtype fp32",
    ])
  func callsOfNCCL(line: String) throws {
    let small = line.contains("--tokens") ? Self.small.replacing("--tokens 103", with: "") : Self.small
    let line = small + " " + line
    let run = try measure(try Workspace(), line + " --json --no-store --transport nccl", ["devices 4"])
    #expect(run.code == 0, "\(line): \(run.errors)")
    let document = try run.json(Document.self)
    let one = try #require(document.measurements.first)
    #expect(one.largestErrorOfBound > 0 && one.largestErrorOfBound <= 1)
    #expect(one.options.contains("transport=nccl (NCCL 2.21.5)"))
    #expect(one.provenance == "emulated")
    let step = try #require(document.steps.first)
    #expect(step.hasPeerAccess == nil)
    let copies = try measure(try Workspace(), line + " --json --no-store", ["devices 4"]).json(Document.self).steps[0]
    if line.contains("--all-reduces 3") || line.contains("--all-reduces 2") || line.contains("--tokens 3") {
      // Four heads of a maximum, and of numerators of 64 numbers with their denominators.
      let each = 4 * (1 + 64 + 1) * (line.contains("fp32") ? 4 : 2)
      #expect(step.bytesSent == 0)
      #expect(step.reducedBytesByRank == [each, each, each, each])
      #expect(step.launches < copies.launches)
    } else {
      #expect(step.reducedBytesByRank.allSatisfy { $0 == 0 })
      #expect(step.bytesByPair == copies.bytesByPair)
    }
  }

  /// A failure: what the emulation is told, the exit code, and what the message says.
  private typealias Failure = (settings: [String], line: String, code: Int32, texts: [String])

  private func expectFailure(_ failure: Failure, _ more: String = "") throws {
    let workspace = try Workspace()
    let run = try measure(workspace, Self.small + more + failure.line, ["devices 4"] + failure.settings)
    #expect(!run.wasKilled)
    #expect(run.code == failure.code, "\(failure.settings): \(run.errors)")
    #expect(run.output == "")
    for text in failure.texts { #expect(run.errors.contains(text), "'\(text)' in \(run.errors)") }
    #expect(try workspace.rows("SELECT kind, substr(note, 1, 8) FROM run") == ["measure,failed: "])
    #expect(try workspace.rows("SELECT count(*) FROM result") == ["0"])
  }

  /// Failures of NCCL.
  private static let failuresOfNCCL: [Failure] = [
    (["fail-collective 3"], "", 69, ["NCCL's error", "unhandled system error"]),
    (["fail-collective 3"], " --algorithm ring", 69, ["NCCL", "unhandled system error"]),
    (["hang-collective 4"], " --timeout 1", 69, ["1 s"]),
    (["fail-init 2"], "", 69, ["ncclCommInitAll"]),
    (["wrong-collective 2"], " --algorithm ring", 70, ["the step ring", "what has arrived is not what was sent"]),
    (["wrong-collective 1"], "", 70, ["the step tree, 4 ranks", "all-reduce max gives", "on rank 0 at element"]),
    // A numerator's bit that no output shows: in the graph's first run, and in the last sample.
    (["wrong-collective 5"], "", 70, ["the step tree, 4 ranks", "all-reduce sum and what it is divided by give"]),
    (["wrong-collective 32"], "", 70, ["the step tree, 4 ranks", "all-reduce sum and what it is divided by give"]),
    // Numerators and denominators of two all-reduces lie where they were.
    (["wrong-collective 4"], " --all-reduces 2", 70, ["the step tree, 4 ranks", "all-reduce sum gives", "within"]),
    // A bit in the midst of fp32's rounding, which no output shows.
    (
      ["wrong-collective 3", "wrong-rank 2"], " --partial-dtype fp32 --algorithm tree", 70,
      ["the step tree, 4 ranks", "gives a wrong result: all-reduce sum gives", "on rank 2 at element 2 of 4", "within"]
    ),
    (["lose-device 30"], "", 69, ["the device was lost"]),
  ]

  @Test(
    "Each failure of NCCL has its exit code and its message, and nothing but it is stored",
    arguments: failuresOfNCCL.indices)
  func failsInNCCL(index: Int) throws {
    try expectFailure(Self.failuresOfNCCL[index], " --transport nccl")
  }

  @Test("What NCCL does is stored as such, and its report says whose the all-reduces are")
  func reportOfNCCL() throws {
    let workspace = try Workspace()
    let run = try measure(
      workspace, Self.small + " --transport nccl --algorithm tree,ring,single --topology dgx-h100-1", ["devices 4"])
    #expect(run.code == 0, "\(run.errors)")
    for text in ["NCCL 2.21.5", "All-reduces are NCCL's own", "what an all-reduce receives into", "reduced"] {
      #expect(run.output.contains(text), "\(text) in \(run.output)")
    }
    for line in run.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM sample") == ["emulated"])
    #expect(
      try workspace.rows("SELECT count(*) FROM metric WHERE name = 'bytes all-reduced' AND scope LIKE 'rank _'")
        == ["4"])
    #expect(
      try workspace.rows("SELECT count(*) FROM result WHERE options LIKE '%transport=nccl (NCCL 2.21.5)%'") == ["2"])
  }

  @Test("A latent cache, and fewer tokens than ranks")
  func otherShapes() throws {
    let model = Repository.root.appendingPathComponent("Experiments/models/deepseek-v3.yaml").path
    for line in [
      "--model \(model) --tokens 33 --algorithm tree,ring",
      "--heads 4 --head-dim 64 --tokens 3 --algorithm tree,ring,all-gather",
    ] {
      let run = try measure(
        try Workspace(), line + " --partial-dtype fp32 --repeats 6 --json --no-store", ["devices 4"])
      #expect(run.code == 0, "\(run.errors)")
      for one in try run.json(Document.self).measurements { #expect(one.largestErrorOfBound <= 1) }
    }
  }

  @Test("Ranks share a device only where that is asked for, and the report says so")
  func sharesDevices() throws {
    let refused = try measure(try Workspace(), Self.small + " --ranks 4 --no-store", ["devices 2"])
    #expect(refused.code == 64)
    #expect(refused.errors.contains("found 4 on 2 devices"))
    #expect(refused.errors.contains("--share-devices"))
    let shared = try measure(try Workspace(), Self.small + " --ranks 4 --share-devices --no-store", ["devices 1"])
    #expect(shared.code == 0, "\(shared.errors)")
    #expect(shared.output.contains("4 ranks on devices 0, 0, 0, 0: several ranks SHARE a device"))
    let chosen = try measure(
      try Workspace(), Self.small + " --devices 2,0 --json --no-store", ["devices 3", "no-peer-access 1"])
    #expect(chosen.code == 0, "\(chosen.errors)")
    let document = try chosen.json(Document.self)
    #expect(document.deviceOfRank == [2, 0])
    #expect(document.steps.allSatisfy { $0.hasPeerAccess == false })
  }

  /// Failures of devices.
  private static let failures: [Failure] = [
    (["lose-device 30"], "", 69, ["the device was lost", "NVML reaches it no more"]),
    (["lose-copying 8"], "", 69, ["the device was lost"]),
    (["fail-launch 20"], "", 70, ["CUDA_ERROR_LAUNCH_FAILED (719"]),
    (["memory 1"], " --tokens 40k", 69, ["allocating the buffers of rank 0", "of memory left"]),
    (["wrong-result decode_bf16_64"], "", 70, ["the step tree, 4 ranks, 103 tokens gives a wrong result", "rank 0"]),
    (["wrong-result reduce_sum_bf16"], "", 70, ["gives a wrong result"]),
    (
      ["wrong-copy 3"], " --partial-dtype fp32 --algorithm ring", 70,
      ["the step ring", "what has arrived is not what was sent"]
    ),
  ]

  @Test("Each failure has its exit code and its message, and nothing but it is stored", arguments: failures.indices)
  func fails(index: Int) throws {
    try expectFailure(Self.failures[index])
  }

  @Test(
    "Options for which there are no kernels end before any device is asked for",
    arguments: [
      ("--query-tokens 2", "--query-tokens: found 2, expected 1"), ("--dtype fp8", "expected bf16 or fp16"),
      ("--dtype bf16 --partial-dtype fp16", "expected fp32 or bf16"), ("--head-dim 96", "expected 64, 128 or 256"),
      ("--devices 0,0", "each device once"), ("--ranks 0", "--ranks: found 0"), ("--launch twice", "twice"),
      ("--transport nccl --share-devices", "--share-devices: not with --transport nccl"),
      ("--transport shm", "copies"), ("--timeout 3", "--timeout: found without NCCL"),
      ("--transport nccl --timeout 0", "--timeout: found 0"),
      ("--mpi --transport copies", "--transport: found copies with --mpi"),
      ("--mpi --ranks 2", "--ranks: not with --mpi"), ("--mpi-timeout 2", "--mpi-timeout: found without --mpi"),
      ("--algorithm trea", "did you mean 'tree'?"), ("--repeats 0", "--repeats: found 0"),
    ])
  func badOptions(line: String, text: String) throws {
    let base = line.contains("--head-dim") ? "--heads 4 --tokens 103 " : "--heads 4 --head-dim 64 --tokens 103 "
    let run = try measure(try Workspace(), base + line, ["devices 0"])
    #expect(run.code == 64, "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
  }
}
