import Foundation
import Testing

/// `treeline measure collective` and `treeline measure link` on the emulation of several devices, with their failures.
@Suite(.enabled(if: EmulatedDevice.isBuilt, "\(EmulatedDevice.reason)")) struct MeasureCollectiveTests {
  /// Runs a part of `measure`.
  private func measure(
    _ workspace: Workspace, _ line: String, _ settings: [String] = [], without: [String] = []
  ) throws -> CommandRun {
    try EmulatedDevice.install(in: workspace, settings, without: without)
    return try workspace.run(
      ["measure"] + line.split(separator: " ").map(String.init) + ["--libraries", "driver"])
  }

  private struct Collectives: Decodable {
    struct Entry: Decodable {
      let collective: String
      let type: String
      let bytes: Int
      let count: Int
      let isInPlace: Bool
      let ranks: Int
      let runs: Int
      let way: String
      let provenance: String
      let median: Double
      let p5: Double
      let p95: Double
      let algorithmBandwidth: Double
      let busBandwidth: Double
      let readings: [Reading]
      let samples: [Double]
    }
    struct Reading: Decodable {
      let device: Int
    }
    let measurements: [Entry]
  }

  private struct Links: Decodable {
    struct Entry: Decodable {
      let route: String
      let kind: String
      let bytes: Int
      let isDirect: Bool
      let way: String
      let provenance: String
      let median: Double
      let bandwidth: Double
      let samples: [Double]
    }
    let measurements: [Entry]
  }

  private static let all = "all-reduce,all-gather,reduce-scatter,all-to-all,send-recv,broadcast"

  @Test("Every collective of every type is exact, with nccl-tests' sizes and bandwidths", arguments: [2, 3])
  func conventions(ranks: Int) throws {
    let workspace = try Workspace()
    let run = try measure(
      workspace,
      "collective --collectives \(Self.all) --types fp64,fp32,fp16,bf16,int32,int8 --from 1kB --to 100kB --factor 100 "
        + "--in-place --repeats 6 --json", ["devices \(ranks)"])
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Collectives.self).measurements
    // Two sizes of six types; four of the six collectives work in place as well.
    #expect(found.count == 2 * 6 * (6 + 4))
    // busbw over algbw (nccl-tests, doc/PERFORMANCE.md).
    let n = Double(ranks)
    let factors = [
      "all-reduce": 2 * (n - 1) / n, "all-gather": (n - 1) / n, "reduce-scatter": (n - 1) / n,
      "all-to-all": (n - 1) / n, "send-recv": 1, "broadcast": 1,
    ]
    let widths = ["fp64": 8, "fp32": 4, "fp16": 2, "bf16": 2, "int32": 4, "int8": 1]
    for one in found {
      let place = "\(one.collective) \(one.type) \(one.bytes)"
      #expect(one.ranks == ranks && one.provenance == "emulated" && one.samples.count == 6, "\(place)")
      #expect(one.readings.map(\.device) == Array(0..<ranks))
      #expect(one.p5 <= one.median && one.median <= one.p95)
      #expect(abs(one.algorithmBandwidth * one.median / Double(one.bytes) - 1) < 1e-9, "\(place)")
      let factor = try #require(factors[one.collective])
      #expect(abs(one.busBandwidth / one.algorithmBandwidth / factor - 1) < 1e-9, "\(place)")
      let width = try #require(widths[one.type])
      let asked = one.bytes > 1000 ? 100_000 : 1000
      if ["all-gather", "reduce-scatter", "all-to-all"].contains(one.collective) {
        // Parts of whole 16 bytes (AllGatherGetCollByteCount of nccl-tests).
        let part = asked / width / ranks / (16 / width) * (16 / width)
        #expect(one.bytes == part * width * ranks && one.count == part, "\(place)")
      } else {
        #expect(one.bytes == asked / width * width && one.count == asked / width, "\(place)")
      }
      #expect(one.runs == 20 && one.way == "operations")
    }
    #expect(!found.contains { $0.isInPlace && ["all-to-all", "send-recv"].contains($0.collective) })
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM metric") == ["emulated"])
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM sample") == ["emulated"])
    #expect(try workspace.rows("SELECT count(*) FROM sample") == ["\(6 * found.count)"])
    #expect(try workspace.rows("SELECT kind FROM input") == ["machine"])
    #expect(
      try workspace.rows("SELECT DISTINCT scope FROM metric WHERE name = 'clock' ORDER BY 1")
        == (["least", "median", "most"].flatMap { moment in (0..<ranks).map { "\"\(moment), device \($0)\"" } }))
  }

  @Test("A table like that of nccl-tests, in which nothing is called measured")
  func table() throws {
    let line = "collective --collectives all-reduce,all-to-all --from 8B --to 1kB --factor 8 --in-place --repeats 20"
    let run = try measure(try Workspace(), line + " --no-store", ["devices 4", "throttle 0x24"])
    #expect(run.code == 0, "\(run.errors)")
    for text in [
      "EMULATED: all-reduce, fp32, 4 ranks", "EMULATED: all-to-all, fp32, 4 ranks", "NCCL 2.21.5",
      "GPU3 at 0000:13:00.0", "mean bus bandwidth", "tell nothing of any device", "4 ranks in one process",
      "Clocks were held down (software power cap, software thermal) in 8 of 8 measurements",
    ] {
      #expect(run.output.contains(text), "\(text) in \(run.output)")
    }
    #expect(!run.output.contains("measured:"))
    #expect(run.lines.allSatisfy { $0.count <= 100 })
    // Nothing is left of 8 bytes for four ranks of all-to-all. The first number is that of "4 ranks".
    let sizes = run.lines.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    #expect(sizes == [4, 8, 64, 512, 64, 512])
    // Counted time is the same every time, and 20 enqueued together are 20 times one.
    let again = try measure(try Workspace(), line + " --no-store", ["devices 4", "throttle 0x24"])
    #expect(again.output == run.output)
  }

  @Test("The slowest of the devices counts, and the devices that were asked for are used")
  func chosenDevices() throws {
    let run = try measure(
      try Workspace(), "collective --collectives all-reduce --from 1MB --to 1MB --devices 3,1 --json --no-store",
      ["devices 4", "collective-bandwidth 10", "collective-latency 5000", "drift 0"])
    let one = try #require(try run.json(Collectives.self).measurements.first)
    #expect(one.readings.map(\.device) == [3, 1])
    // What the emulation counts: a latency, and twice the bytes over the bandwidth.
    #expect(abs(one.median / (5e-6 + 2e6 / 10e9) - 1) < 1e-3)
    let alone = try measure(
      try Workspace(), "collective --collectives all-reduce --to 64B --devices 0 --no-store --repeats 6", ["devices 4"])
    #expect(alone.code == 0)
    #expect(alone.errors.contains("one device alone"))
  }

  @Test("Recorded as graphs, all collectives are as exact, and take as long where enqueuing costs nothing")
  func graphs() throws {
    let workspace = try Workspace()
    let line =
      "collective --collectives \(Self.all) --types fp16 --from 1kB --to 20kB --factor 20 --in-place --repeats 4 --json"
    let settings = ["devices 3", "drift 0"]
    let run = try measure(workspace, line + " --launch graph", settings)
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Collectives.self).measurements
    let others = try measure(try Workspace(), line + " --no-store", settings).json(Collectives.self).measurements
    #expect(found.count == 2 * (6 + 4) && others.count == found.count)
    for (one, other) in zip(found, others) {
      let place = "\(one.collective) \(one.type) \(one.bytes) \(one.isInPlace)"
      #expect(one.way == "graph" && other.way == "operations")
      #expect((one.collective, one.type, one.bytes) == (other.collective, other.type, other.bytes))
      #expect((one.isInPlace, one.runs) == (other.isInPlace, other.runs))
      #expect(abs(one.median / other.median - 1) < 1e-6, "\(place): \(one.median), \(other.median)")
    }
    #expect(
      try workspace.rows("SELECT count(*) FROM result WHERE options LIKE '% way=graph %'") == ["\(found.count)"])

    let table = try measure(
      try Workspace(), "collective --collectives all-reduce --to 64B --repeats 20 --no-store --launch graph", settings)
    #expect(table.output.replacing("\n", with: " ").contains("recorded as one CUDA graph a device, so that"))
    #expect(table.lines.allSatisfy { $0.count <= 100 })
  }

  @Test("Copies between all devices and the host are right and have the emulation's times")
  func links() throws {
    let workspace = try Workspace()
    let settings = [
      "devices 3", "drift 0", "link-bandwidth 80", "link-latency 1500", "host-bandwidth 40", "host-latency 2500",
    ]
    let run = try measure(workspace, "link --sizes 16B,1MB --repeats 6 --json", settings)
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Links.self).measurements
    #expect(found.count == 2 * (3 * 2 + 6 + 3))
    for one in found {
      let isPeer = one.kind.hasPrefix("peer")
      let time =
        isPeer ? 1.5e-6 + Double(one.bytes) / 80e9 : 2.5e-6 + Double(one.bytes) / 40e9
      #expect(abs(one.median / time - 1) < 1e-3, "\(one.route) \(one.median)")
      let ways = one.kind == "peer copies both ways" ? 2.0 : 1
      #expect(abs(one.bandwidth * one.median / (ways * Double(one.bytes)) - 1) < 1e-9)
      #expect(one.isDirect && one.way == "graph" && one.provenance == "emulated" && one.samples.count == 6)
    }
    #expect(Set(found.map(\.route)).count == 15)
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM metric") == ["emulated"])
    #expect(
      try workspace.rows("SELECT DISTINCT algorithm FROM result ORDER BY 1")
        == ["copy from device", "copy to device", "peer copies both ways", "peer copy"])

    // Without access, copies go through the host's memory, and are not recorded as a graph.
    let staged = try measure(
      try Workspace(), "link --sizes 1MB --repeats 6 --json --no-store", settings + ["no-peer-access 1"])
    let copies = try staged.json(Links.self).measurements.filter { $0.kind.hasPrefix("peer") }
    #expect(copies.count == 9)
    for one in copies {
      #expect(!one.isDirect && one.way == "calls")
      #expect(abs(one.median / (3e-6 + 1e6 / 40e9) - 1) < 1e-3, "\(one.route) \(one.median)")
    }
    let text = try measure(
      try Workspace(), "link --sizes 16B,1kB --repeats 20 --no-store", ["devices 2", "no-peer-access 1"])
    for words in [
      "EMULATED: copies of 1 kB, one way, GB/s", "both ways at once", "the time of a copy of 16 B",
      "copied through the host's: GPU0 and GPU1, both ways; GPU0 to GPU1; GPU1 to GPU0", "tell nothing of any device",
    ] {
      #expect(text.output.replacing("\n", with: " ").contains(words), "\(words) in \(text.output)")
    }
    #expect(text.lines.allSatisfy { $0.count <= 100 })
  }

  @Test("Collectives and types may be spelt as nccl-tests has them; lists tell what was measured")
  func spellings() throws {
    let workspace = try Workspace()
    let run = try measure(
      workspace,
      "collective --collectives all_reduce_perf,allgather,reduce_scatter,alltoall,sendrecv,ncclBroadcast "
        + "--types float,half,bfloat16,double,int8 --from 512B --to 512B --repeats 6 --precision 5% --json",
      ["devices 2"])
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Collectives.self).measurements
    #expect(
      Set(found.map(\.collective))
        == ["all-reduce", "all-gather", "reduce-scatter", "all-to-all", "send-recv", "broadcast"])
    #expect(Set(found.map(\.type)) == ["fp32", "fp16", "bf16", "fp64", "int8"])
    let link = try measure(workspace, "link --sizes 1MB --repeats 6 --devices 0", ["devices 2"])
    #expect(link.code == 0, "\(link.errors)")
    let list = try workspace.run("results list")
    for text in [" link ", " collective", "  Emulated GPU  "] { #expect(list.output.contains(text), "\(list.output)") }
    #expect(try workspace.run("results list --csv --limit 1").lines[1].hasSuffix(",link,Emulated GPU"))
    // Rates as people say them, and no line wider than a terminal.
    let shown = try workspace.run("results show 2")
    #expect(shown.output.contains(" GB/s ") && !shown.output.contains("e+"), "\(shown.output)")
    #expect(shown.lines.allSatisfy { $0.count <= WidthTests.widest })
  }

  @Test("Measured links become a topology file beside the profile, and neither loses what the other was measured for")
  func exportsLinks() throws {
    let workspace = try Workspace()
    let settings = [
      "devices 2", "links 18", "pci-device 0x2330", "drift 0", "link-bandwidth 80", "link-latency 1500", "memory 80",
    ]
    let line = "link --sizes 16B,16MB --repeats 6 --no-store --export machine"
    let run = try measure(workspace, line, settings)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("Wrote machine/device.yaml and machine/topology.yaml"))
    #expect(!run.errors.contains("warning"))
    func file(_ name: String) throws -> String {
      try String(contentsOf: workspace.folder.appendingPathComponent("machine/\(name)"), encoding: .utf8)
    }
    let links = try file("topology.yaml")
    #expect(
      links.contains(" GB/s # emulated: copies of 16 MB one way, median of 2 routes, 79."), "\(links)")
    #expect(
      links.contains("# emulated: copies of 16 B, over the 2 links that each crosses, median of 2 routes, 1.5 us"))
    #expect(links.contains("# From a GPU to the host's pinned memory, emulated: "))
    #expect(try file("device.yaml").contains(" B/s # of h100-sxm"))
    let check = try workspace.run(["topology", "check", "machine/topology.yaml"])
    #expect(check.code == 65)
    #expect(check.errors.contains("figures of an emulation are no input"))
    // The same file with a provenance that inputs have is simulated with.
    try workspace.write(links.replacing("provenance: emulated", with: "provenance: measured"), to: "read.yaml")
    let simulated = try workspace.run("simulate --topology read.yaml --tokens 64k --no-store")
    #expect(simulated.code == 0, "\(simulated.errors)")

    // Kernels next: the links stay, and the other way round.
    func kernels(_ folder: String) throws {
      let line = "--parts launch,memory --sizes 16kB,512kB --repeats 6 --no-store --export \(folder)"
      let kernel = try workspace.run(
        ["measure", "kernel"] + EmulatedDevice.options + line.split(separator: " ").map(String.init))
      #expect(kernel.code == 0, "\(kernel.errors)")
      #expect(kernel.errors.contains("topology.yaml keeps the links that were measured earlier"), "\(kernel.errors)")
    }
    try kernels("machine")
    let (profile, both) = (try file("device.yaml"), try file("topology.yaml"))
    #expect(profile.contains("# emulated: reading 512 kB"))
    #expect(both.contains("# emulated: reading 512 kB") && both.contains("# emulated: copies of 16 MB one way"))
    let again = try measure(workspace, line, settings)
    #expect(again.errors.contains("device.yaml keeps the rates that were measured earlier"))
    #expect(try file("device.yaml") == profile)
    #expect(try file("topology.yaml") == both)

    // One device of the two: nothing tells of the links between them.
    let one = try measure(workspace, line.replacing("machine", with: "one") + " --devices 1", settings)
    #expect(one.code == 0, "\(one.errors)")
    #expect(one.errors.contains("not all was measured of these link classes") && one.errors.contains("nvlink4-x18"))
    // A machine of one device has no link class; what its host gave stays.
    let alone = try measure(
      workspace, line.replacing("machine", with: "alone"), ["devices 1", "pci-device 0x2330", "memory 80"])
    #expect(alone.code == 0, "\(alone.errors)")
    try kernels("alone")
    let small = try measure(workspace, "link --sizes 16B,1MB --export machine", settings)
    #expect(small.code == 64)
    #expect(small.errors.contains("--sizes: found 16 B to 1 MB, expected with --export one of "), "\(small.errors)")
  }

  /// A failure: what the emulation is told, the exit code, and what the message says.
  private struct Failure {
    let settings: [String]
    let code: Int32
    let texts: [String]
    var line = "collective --collectives all-reduce --from 1kB --to 1kB --repeats 8"
    var without: [String] = []
    /// Whether devices had been found, so that the failure is stored.
    var isStored = true

    var text: String { (settings + without + [line]).joined(separator: ", ") }
  }

  private static let graphLine =
    "collective --collectives all-reduce --from 1kB --to 1kB --repeats 8 --launch graph"

  private static let failures = [
    Failure(
      settings: ["nccl 21005"], code: 69,
      texts: ["its version is 2.10.5; expected 2.12 or later", "pip install nvidia-nccl-cu12", "NCCL at ./driver/"],
      isStored: false),
    Failure(settings: ["nccl 2804"], code: 69, texts: ["its version is 2.8.4; expected"], isStored: false),
    Failure(
      settings: ["fail-init 2"], code: 69,
      texts: ["making 3 devices the ranks of collectives", "ncclCommInitAll failed with", "unhandled system error"]),
    // The last of the warm-up finds it, which nobody asks for another; one in between is told by the next.
    Failure(
      settings: ["fail-collective 6"], code: 69,
      texts: ["warming up for all-reduce fp32 1 kB", "what NCCL does on rank 0 failed with", "unhandled system error"]),
    Failure(
      settings: ["fail-collective 9"], code: 69, texts: ["all-reduce fp32 1 kB: ncclGroupEnd failed with"]),
    Failure(
      settings: ["hang-collective 40"], code: 69,
      texts: ["timing all-reduce fp32 1 kB: not done within 500 ms", "--timeout"],
      line: "collective --collectives all-reduce --from 1kB --to 1kB --repeats 8 --timeout 0.5"),
    // The first collective is that of the check; the last that of the check afterwards.
    Failure(
      settings: ["wrong-collective 1", "wrong-rank 2"], code: 70,
      texts: ["all-reduce fp32 1 kB gives a wrong result", "on rank 2, element 125 of 250 is 0x", "expected 0x"]),
    Failure(
      settings: ["wrong-collective 174"], code: 70,
      texts: ["all-reduce fp32 1 kB gives a wrong result", "on rank 0, element 125 of 250 is 0x"]),
    // The last run of the first of several batches, which later ones write over: after the check, five runs to warm up,
    // and 20 samples of a start and 20 runs each. As a graph it is a start and two samples later, which warm up and check.
    Failure(
      settings: ["wrong-collective 426"], code: 70, texts: ["all-reduce fp32 1 kB gives a wrong result", "on rank 0"],
      line: "collective --collectives all-reduce --from 1kB --to 1kB --repeats 50 --precision 0.0000001"),
    Failure(
      settings: ["wrong-collective 469"], code: 70, texts: ["all-reduce fp32 1 kB gives a wrong result", "on rank 0"],
      line: "collective --collectives all-reduce --from 1kB --to 1kB --repeats 50 --precision 0.0000001 --launch graph"),
    // The last run of the graph's own check, and the last of all.
    Failure(
      settings: ["wrong-collective 49", "wrong-rank 1"], code: 70,
      texts: ["all-reduce fp32 1 kB gives a wrong result", "on rank 1"], line: graphLine),
    Failure(
      settings: ["wrong-collective 217"], code: 70, texts: ["all-reduce fp32 1 kB gives a wrong result"],
      line: graphLine),
    Failure(
      settings: ["fail-collective 60"], code: 69,
      texts: ["timing all-reduce fp32 1 kB", "what NCCL does on rank 0 failed with", "unhandled system error"],
      line: graphLine),
    Failure(
      settings: ["hang-collective 100"], code: 69, texts: ["timing all-reduce fp32 1 kB: not done within 500 ms"],
      line: graphLine + " --timeout 0.5"),
    Failure(
      settings: ["lose-device 200"], code: 69, texts: ["the device was lost", "NVML reaches it no more"],
      line: graphLine),
    // The first operation of each rank sends; the second receives.
    Failure(
      settings: ["wrong-collective 2"], code: 70, texts: ["all-to-all bf16 960 B gives a wrong result", "on rank 0"],
      line: "collective --collectives all-to-all --types bf16 --from 1kB --to 1kB --repeats 8"),
    Failure(
      settings: ["lose-device 100"], code: 69, texts: ["the device was lost", "(device ", "NVML reaches it no more"]),
    Failure(
      settings: ["fail-allocation 2"], code: 69, texts: ["allocating all-reduce fp32 1 kB", "smaller sizes"]),
    Failure(
      settings: [], code: 69, texts: ["--devices names 3, and there are 3, numbered from 0"],
      line: "collective --devices 0,3", isStored: false),
    Failure(
      settings: ["devices 0"], code: 69, texts: ["no CUDA device can be used"], line: "link", isStored: false),
    Failure(
      settings: ["wrong-copy 1"], code: 70,
      texts: ["the copy host to GPU0, 1 kB gives a wrong result: byte 500 of 1000 is "],
      line: "link --sizes 1kB --repeats 8"),
    // The last of the first route, after its check, three samples thrown away and eight kept, of 20 copies each.
    Failure(
      settings: ["wrong-copy 221"], code: 70, texts: ["the copy host to GPU0, 1 kB gives a wrong result"],
      line: "link --sizes 1kB --repeats 8"),
    Failure(
      settings: ["lose-copying 1500"], code: 69, texts: ["the device was lost", "Xid"],
      line: "link --sizes 1kB --repeats 8"),
    Failure(
      settings: ["memory 1"], code: 69, texts: ["the device has no 2 MB of memory left"],
      line: "link --sizes 2MB --repeats 8"),
  ]

  @Test("Each failure has its exit code and its message, and nothing but it is stored", arguments: failures.indices)
  func fails(index: Int) throws {
    let failure = Self.failures[index]
    let workspace = try Workspace()
    let devices = failure.settings.contains { $0.hasPrefix("devices") } ? [] : ["devices 3"]
    let run = try measure(workspace, failure.line, devices + failure.settings, without: failure.without)
    #expect(!run.wasKilled)
    #expect(run.code == failure.code, "\(failure.text): \(run.errors)")
    #expect(run.output == "")
    for text in failure.texts { #expect(run.errors.contains(text), "\(failure.text): '\(text)' in \(run.errors)") }
    guard failure.isStored else {
      #expect(!workspace.holds("treeline.sqlite"))
      return
    }
    #expect(try workspace.rows("SELECT kind, substr(note, 1, 8) FROM run") == ["measure,failed: "])
    #expect(try workspace.rows("SELECT count(*) FROM result") == ["0"])
    #expect(try workspace.rows("SELECT count(*) FROM sample") == ["0"])
  }

  @Test("Sizes of which nothing is left are named, and where none is left nothing is measured")
  func skippedSizes() throws {
    for (line, text) in [
      ("--from 1B --to 3B", "nothing is left among 3 ranks of 1 B to 2 B of all-reduce fp32, all-gather fp32, "),
      ("--collectives all-gather --from 32B --to 32B", "nothing is left among 3 ranks of 32 B of all-gather fp32"),
    ] {
      let workspace = try Workspace()
      let run = try measure(workspace, "collective " + line, ["devices 3"])
      #expect(run.code == 64, "\(run.errors)")
      #expect(run.output.isEmpty)
      #expect(run.errors.contains("--from and --to: " + text), "\(run.errors)")
      #expect(!workspace.holds("treeline.sqlite"))
    }
    let run = try measure(
      try Workspace(),
      "collective --collectives all-reduce,all-gather --from 16B --to 64B --repeats 6 --no-store --json",
      ["devices 3"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(try run.json(Collectives.self).measurements.count == 3 + 1)
    #expect(
      run.errors.contains(
        "warning: skipped are sizes of which nothing is left among 3 ranks: 16 B to 32 B of all-gather fp32\n"),
      "\(run.errors)")
  }

  @Test("An NCCL that is missing or lacks functions is named, with what it lacks")
  func libraries() throws {
    let workspace = try Workspace()
    try EmulatedDevice.installIncomplete(in: workspace, "libnccl.so.2")
    let run = try workspace.run(["measure", "collective", "--libraries", "driver"])
    #expect(run.code == 69)
    for name in ["it lacks ncclGetErrorString", "ncclGetUniqueId", "ncclCommInitRank", " more functions; install it"] {
      #expect(run.errors.contains(name), "\(run.errors)")
    }
    #expect(!run.errors.contains("ncclGetVersion"))
    let missing = try measure(workspace, "collective --to 64B --repeats 6 --no-store", without: ["libnccl.so.2"])
    // On a machine that has the library, the system's is taken, and what follows is another matter.
    guard missing.errors.contains("can't be loaded") else { return }
    #expect(missing.code == 69)
    for text in ["NCCL", "driver/libnccl.so.2", "pip install nvidia-nccl-cu12"] {
      #expect(missing.errors.contains(text), "\(missing.errors)")
    }
    // Copies need no NCCL.
    let link = try measure(workspace, "link --sizes 1kB --repeats 6 --no-store", without: ["libnccl.so.2"])
    #expect(link.code == 0, "\(link.errors)")
  }

  @Test("A build without MPI says how to make one with it")
  func withoutMPI() throws {
    let run = try measure(try Workspace(), "collective --mpi --to 10kB --no-store")
    // A build with MPI measures.
    guard run.code != 0 else { return }
    #expect(run.code == 69)
    #expect(run.errors.contains("--traits MPI"), "\(run.errors)")
  }

  @Test(
    "Options out of range end before any device is asked for",
    arguments: [
      ("collective --collectives all-reuce", "did you mean 'all-reduce'?"), ("collective --types fp8", "no type 'fp8'"),
      ("collective --from 1MB --to 1kB", "expected at most the 1 kB of --to"),
      ("collective --factor 1", "--factor: found 1"), ("collective --devices 0,0", "expected each device once"),
      ("collective --precision 0", "--precision: found '0'"), ("collective --repeats 0", "--repeats: found 0"),
      ("collective --timeout 0", "--timeout: found 0.0"), ("collective --mpi-timeout 5", "found without --mpi"),
      ("collective --launch graphs", "--launch"), ("collective --from 0B", "--from"), ("link --sizes 0B", "--sizes"),
      ("link --sizes 1kB,,", "--sizes"),
      ("collective --collectives all-reduce,all_reduce", "--collectives: 'all_reduce' stands twice"),
      ("collective --types fp32,float", "--types: 'float' stands twice"),
      ("link --devices x", "--devices"), ("link --precision 2", "--precision: found '2'"),
    ])
  func badOptions(line: String, text: String) throws {
    let run = try measure(try Workspace(), line, ["devices 0"])
    #expect(run.code == 64, "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
  }
}
