import Foundation
import Testing

/// The whole path of `treeline measure`, from the loader to the database, on the emulation, with its failures.
@Suite(.enabled(if: EmulatedDevice.isBuilt, "\(EmulatedDevice.reason)")) struct MeasureEmulationTests {
  /// A short run of `measure kernel`.
  private func measure(
    _ workspace: Workspace, _ more: String, _ settings: [String] = [], without: [String] = []
  ) throws -> CommandRun {
    try EmulatedDevice.install(in: workspace, settings, without: without)
    return try workspace.run(
      ["measure", "kernel"] + EmulatedDevice.options + more.split(separator: " ").map(String.init))
  }

  private struct Document: Decodable {
    struct Measurement: Decodable {
      let label: String
      let kernel: String
      let provenance: String
      let median: Double
      let p5: Double
      let p95: Double
      let medianLow: Double?
      let medianHigh: Double?
      let rate: Double?
      let largestErrorOfBound: Double
      let samples: [Double]
      let readings: Readings
    }
    struct Readings: Decodable {
      struct Range: Decodable {
        let least: Int
        let median: Int
        let most: Int
      }
      let count: Int
      let throttledCount: Int
      let throttling: [String]
      let clockMHz: Range?
    }
    let measurements: [Measurement]
  }

  @Test("Every kind of kernel is checked, timed and stored as emulated, with all its samples")
  func wholePath() throws {
    let workspace = try Workspace()
    let line =
      "--sizes 16kB,48kB --tokens 37,300 --prefill-tokens 70 --heads 4 --kv-heads 2 --head-dims 64 --repeats 8 --json"
    let run = try measure(workspace, line)
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Document.self).measurements
    #expect(found.count == 2 + 2 * 3 + 2 * 2 + 2 * 2)
    for one in found {
      #expect(one.provenance == "emulated")
      #expect(one.samples.count == 8)
      #expect(one.p5 <= one.median && one.median <= one.p95)
      #expect(try #require(one.medianLow) <= one.median && one.median <= #require(one.medianHigh))
      #expect(one.largestErrorOfBound <= 1)
    }
    // What is compared has an error: attention never equals double precision to the last bit.
    for one in found where one.kernel.hasPrefix("decode") || one.kernel.hasPrefix("prefill") {
      #expect(one.largestErrorOfBound > 0.001, "\(one.label)")
    }
    let read = try #require(found.first { $0.kernel == "memory_read" })
    #expect(abs(try #require(read.rate) * read.median / 16000 - 1) < 1e-9)
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM sample") == ["emulated"])
    #expect(try workspace.rows("SELECT count(*) FROM sample") == ["\(8 * found.count)"])
    #expect(
      try workspace.rows("SELECT DISTINCT provenance FROM metric ORDER BY 1") == ["computed", "emulated"])
    #expect(try workspace.rows("SELECT kind, note IS NULL FROM run") == ["measure,1"])
    #expect(try workspace.rows("SELECT kind FROM input") == ["machine"])
    #expect(
      try workspace.rows("SELECT DISTINCT name FROM metric WHERE scope = 'after' ORDER BY 1")
        == ["clock", "memory clock", "power", "temperature", "throttling"])
    // Counted time is the same every time.
    let again = try measure(workspace, line + " --no-store --jobs 1")
    #expect(try again.json(Document.self).measurements.map(\.samples) == found.map(\.samples))
    let text = try measure(
      workspace, "--parts launch --repeats 30 --no-store --precision 0.5", ["throttle 0x24", "drift 0.01"])
    #expect(text.output.contains("EMULATED"))
    #expect(text.output.contains("tell nothing of any device"))
    #expect(text.output.contains("Clocks were held down (software power cap, software thermal)"))
    #expect(!text.output.contains("measured "))
  }

  @Test("Decode reads caches of 8 bits with scales, latent ones, and groups of more heads than a block has")
  func decodes() throws {
    for (line, kernels) in [
      ("--types bf16,e4m3 --head-dims 64 --heads 40 --kv-heads 2 --batch 2", ["decode_bf16_64", "decode_e4m3_64"]),
      ("--types e4m3 --head-dims 128 --heads 17 --kv-heads 1", ["decode_e4m3_128"]),
      ("--types fp16,e4m3 --latent-dim 512 --heads 20", ["decode_latent_fp16_576", "decode_latent_e4m3_576"]),
    ] {
      let run = try measure(
        try Workspace(), "--parts decode --tokens 75 --repeats 6 --json --no-store " + line)
      #expect(run.code == 0, "\(run.errors)")
      let found = try run.json(Document.self).measurements
      #expect(found.map(\.kernel) == kernels)
      for one in found { #expect(one.largestErrorOfBound > 0.001 && one.largestErrorOfBound <= 1, "\(one.label)") }
    }
    // 75 tokens of 576 numbers of a byte, and a scale of 4 for every 128.
    let run = try measure(
      try Workspace(),
      "--parts decode --tokens 75 --repeats 6 --json --no-store --types e4m3 --latent-dim 512 --heads 2")
    let latent = try #require(try run.json(Document.self).measurements.first)
    let bytes = 75 * 576 + (75 * 576 + 127) / 128 * 4
    #expect(abs(try #require(latent.rate) * latent.median / Double(bytes) - 1) < 1e-9)
  }

  @Test("Sensors are read throughout: clocks that fall while samples are taken show in report, JSON and database")
  func readsSensors() throws {
    // The clock is asked for once to describe the device and once before the first sample.
    let line = "--parts memory --sizes 16kB --precision 0.0001 --repeats 200"
    let workspace = try Workspace()
    let run = try measure(workspace, line + " --json", ["throttle 0x4", "throttle-from 4"])
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Document.self).measurements
    let readings = try #require(found.first).readings
    #expect(readings.count > 5)
    // The description and the first two of the run came before.
    #expect(readings.throttledCount == readings.count - 2)
    #expect(readings.throttling == ["software power cap"])
    let clock = try #require(readings.clockMHz)
    #expect((clock.least, clock.median, clock.most) == (1095, 1095, 1755))
    let query = "SELECT scope, value FROM metric WHERE name = 'clock' AND result_id = 1 ORDER BY scope"
    #expect(
      try workspace.rows(query) == ["after,1095", "before,1755", "least,1095", "median,1095", "most,1755"])
    #expect(
      try workspace.rows("SELECT value FROM metric WHERE name = 'throttling' AND scope = 'seen' AND result_id = 1")
        == ["4"])
    let text = try measure(workspace, line + " --no-store", ["throttle 0x4", "throttle-from 4"])
    #expect(text.output.contains("Clocks were held down (software power cap) in 3 of 3 measurements"))
    #expect(text.output.contains("1095 to 1755 MHz"))
    #expect(text.output.contains("readings between samples"))
    let steady = try measure(workspace, line + " --no-store")
    #expect(!steady.output.contains("held down"))
  }

  @Test("Measured rates become a device profile, with NICs beside it, which is no input when they are emulated")
  func exportsRates() throws {
    let workspace = try Workspace()
    for (path, text) in [
      ("devices/pci0000:00/0000:00:01.0/0000:10:00.0/numa_node", "0"),
      ("devices/pci0000:00/0000:00:02.0/0000:11:00.0/numa_node", "0"),
      ("devices/pci0000:00/0000:00:02.0/0000:11:00.0/infiniband/mlx5_0/ports/1/state", "4: ACTIVE"),
      ("devices/pci0000:00/0000:00:02.0/0000:11:00.0/infiniband/mlx5_0/ports/1/rate", "400 Gb/sec (4X NDR)"),
    ] {
      let file = workspace.folder.appendingPathComponent("sys/" + path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try workspace.write(text + "\n", to: "sys/" + path)
    }
    for (path, target) in [
      ("sys/bus/pci/devices/0000:10:00.0", "sys/devices/pci0000:00/0000:00:01.0/0000:10:00.0"),
      ("sys/class/infiniband/mlx5_0", "sys/devices/pci0000:00/0000:00:02.0/0000:11:00.0/infiniband/mlx5_0"),
      (
        "sys/devices/pci0000:00/0000:00:02.0/0000:11:00.0/infiniband/mlx5_0/device",
        "sys/devices/pci0000:00/0000:00:02.0/0000:11:00.0"
      ),
    ] {
      let link = workspace.folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        at: link, withDestinationURL: workspace.folder.appendingPathComponent(target))
    }
    let run = try measure(
      workspace, "--parts launch,memory --sizes 16kB,512kB --repeats 6 --export machine --sys sys --json",
      ["pci-device 0x2330"])
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Document.self).measurements
    let read = try #require(found.last { $0.kernel == "memory_read" }?.rate)
    let profile = try String(
      contentsOf: workspace.folder.appendingPathComponent("machine/device.yaml"), encoding: .utf8)
    #expect(profile.contains("  bandwidth: \(Int64(read.rounded())) B/s # emulated: reading 512 kB at "))
    #expect(profile.contains("; copying 512 kB at "))
    #expect(profile.contains("  efficiency: 1 # "))
    #expect(profile.contains(" us # emulated: an empty kernel, launch by launch, median of 6"))
    #expect(profile.contains("FLOP/s # of h100-sxm"))
    let topology = try String(
      contentsOf: workspace.folder.appendingPathComponent("machine/topology.yaml"), encoding: .utf8)
    #expect(topology.contains("in their order, as nvidia-smi has it: mlx5_0 PHB."))
    #expect(topology.contains("mlx5_0 (50 GB/s)"), "\(topology)")
    let check = try workspace.run(["topology", "check", "machine/topology.yaml"])
    #expect(check.code == 65)
    #expect(check.errors.contains("figures of an emulation are no input"))
    try workspace.write(topology.replacing("provenance: emulated", with: "provenance: measured"), to: "read.yaml")
    #expect(try workspace.run(["topology", "check", "read.yaml"]).code == 0)
  }

  @Test("Repeats adapt to how restless the device is")
  func adapts() throws {
    func count(_ drift: String) throws -> Int {
      let run = try measure(
        try Workspace(), "--parts memory --sizes 1.6kB --precision 0.02 --repeats 400 --json --no-store",
        ["drift \(drift)"])
      return try #require(try run.json(Document.self).measurements.first).samples.count
    }
    let (steady, restless) = (try count("0.01"), try count("1"))
    #expect(steady == 20)
    #expect(restless > 100)
  }

  @Test("A device is described, and what the emulation exports is no input")
  func describes() throws {
    let workspace = try Workspace()
    try EmulatedDevice.install(in: workspace, ["devices 2", "links 18", "pci-device 0x2330"])
    let run = try workspace.run(["measure", "device", "--export", "machine"] + EmulatedDevice.options)
    #expect(run.code == 0, "\(run.errors)")
    for text in ["EMULATED", "9.0 (sm_90a)", "device id 0x2330", "GPU1  NV18  X", "41 °C"] {
      #expect(run.output.contains(text), "\(text) in \(run.output)")
    }
    let topology = try String(
      contentsOf: workspace.folder.appendingPathComponent("machine/topology.yaml"), encoding: .utf8)
    #expect(topology.contains("scale-up: {kind: switch, link: nvlink4-x18}"))
    #expect(topology.contains("devices: {type: emulated-gpu, count: 2}"))
    let check = try workspace.run(["topology", "check", "machine/topology.yaml"])
    #expect(check.code == 65)
    #expect(check.errors.contains("figures of an emulation are no input"))
    // The same file with a provenance that inputs have is read.
    try workspace.write(topology.replacing("provenance: emulated", with: "provenance: measured"), to: "read.yaml")
    #expect(try workspace.run(["topology", "check", "read.yaml"]).code == 0)
    #expect(try workspace.rows("SELECT DISTINCT provenance FROM metric") == ["emulated"])
    #expect(try workspace.rows("SELECT count(*) FROM result") == ["2"])
    let unknown = try workspace.run(
      ["measure", "device", "--export", "other", "--model", "nowhere", "--no-store"] + EmulatedDevice.options)
    #expect(unknown.code == 66)
    #expect(!workspace.holds("other"))
  }

  /// A failure: what the emulation is told, the exit code, and what the message says.
  private struct Failure: CustomTestStringConvertible {
    let settings: [String]
    let code: Int32
    let texts: [String]
    var line = "--parts launch,memory --sizes 1.6kB --repeats 6"
    var without: [String] = []
    /// Whether the device had been found, so that the failure is stored.
    var isStored = true

    var testDescription: String { settings.joined(separator: ", ") + without.joined(separator: ", ") }
  }

  private static let failures = [
    Failure(
      settings: ["devices 0"], code: 69, texts: ["no CUDA device can be used", "finds none", "nvidia-smi"],
      isStored: false),
    Failure(
      settings: ["init 100"], code: 69, texts: ["no CUDA device can be used", "CUDA_ERROR_NO_DEVICE (100"],
      isStored: false),
    Failure(
      settings: ["driver 11080"], code: 69,
      texts: ["runs CUDA 11.8 at most; expected 12.0 or later", "driver 525", "driver/libcuda.so.1"], isStored: false),
    Failure(
      settings: ["nvrtc 13"], code: 69,
      texts: ["its version is 13.8", "the driver runs CUDA 12.8 at most; expected NVRTC 12"], isStored: false),
    Failure(
      settings: ["architecture 75"], code: 69, texts: ["of compute capability 7.5", "sm_80"], isStored: false),
    Failure(
      settings: ["fail-allocation 2"], code: 69,
      texts: ["allocating read 1.6 kB: the device has no 1.6 kB of memory left, only ", "smaller sizes"]),
    Failure(
      settings: [], code: 69, texts: ["the device has no 100 MB of memory left"],
      line: "--parts memory --sizes 100MB --repeats 6"),
    Failure(
      settings: ["fail-launch 3"], code: 70, texts: ["launching", "CUDA_ERROR_LAUNCH_FAILED (719"]),
    Failure(
      settings: ["lose-device 250"], code: 69, texts: ["the device was lost", "NVML reaches it no more", "Xid"]),
    Failure(
      settings: ["wrong-result memory_copy"], code: 70,
      texts: ["the kernel memory_copy gives a wrong result", "copy 1.6 kB"]),
    Failure(
      settings: ["wrong-result decode_bf16_64"], code: 70,
      texts: ["the kernel decode_bf16_64 gives a wrong result", "times what rounding explains"],
      line: "--parts decode --tokens 40 --heads 2 --kv-heads 1 --head-dims 64 --types bf16 --repeats 6"),
    Failure(
      settings: ["wrong-result prefill_fp16_64"], code: 70, texts: ["the kernel prefill_fp16_64 gives a wrong result"],
      line: "--parts prefill --prefill-tokens 40 --heads 2 --kv-heads 1 --head-dims 64 --types fp16 --repeats 6"),
    Failure(
      settings: ["reject-source merge.cu"], code: 70,
      texts: ["merge.cu does not compile for sm_90a", "NVRTC_ERROR_COMPILATION", "merge.cu(1): error"]),
  ]

  @Test("Each failure has its exit code and its message, and nothing but it is stored", arguments: failures.indices)
  func fails(index: Int) throws {
    let failure = Self.failures[index]
    let workspace = try Workspace()
    let run = try measure(workspace, failure.line, failure.settings, without: failure.without)
    #expect(!run.wasKilled)
    #expect(run.code == failure.code, "\(failure.testDescription): \(run.errors)")
    #expect(run.output == "")
    for text in failure.texts { #expect(run.errors.contains(text), "'\(text)' in \(run.errors)") }
    guard failure.isStored else {
      #expect(!workspace.holds("treeline.sqlite"))
      return
    }
    #expect(try workspace.rows("SELECT kind, substr(note, 1, 8) FROM run") == ["measure,failed: "])
    #expect(try workspace.rows("SELECT count(*) FROM result") == ["0"])
    #expect(try workspace.rows("SELECT count(*) FROM sample") == ["0"])
  }

  @Test("A driver that lacks functions is refused with the first of them named, and the number of the others")
  func incompleteDriver() throws {
    let workspace = try Workspace()
    try EmulatedDevice.installIncomplete(in: workspace)
    let run = try workspace.run(["measure", "device"] + EmulatedDevice.options)
    #expect(run.code == 69)
    #expect(run.errors.contains("it lacks cuGetErrorName, "), "\(run.errors)")
    #expect(run.errors.firstRange(of: #/ and \d\d more functions; install NVIDIA's driver/#) != nil, "\(run.errors)")
    #expect(!run.errors.contains("cuGraphExecDestroy"))
    #expect(!run.errors.contains("cuInit"))
    #expect(!workspace.holds("treeline.sqlite"))
  }

  @Test(
    "A library that is missing is named, with where it was looked for",
    arguments: [("libcuda.so.1", "the CUDA driver"), ("libnvidia-ml.so.1", "NVML"), ("libnvrtc.so.12", "NVRTC")])
  func missingLibrary(name: String, title: String) throws {
    let workspace = try Workspace()
    let run = try measure(workspace, "--parts launch --repeats 6 --no-store", without: [name])
    // On a machine that has the library, the system's is taken, and what follows is another matter.
    guard run.errors.contains("can't be loaded") else { return }
    #expect(run.code == 69)
    #expect(run.errors.contains(title))
    #expect(run.errors.contains("driver/\(name)"))
    #expect(run.errors.contains("install"))
  }

  @Test(
    "Options out of range end before any device is asked for",
    arguments: [
      ("--parts decode --latent-dim 128", "expected 512 with 64"),
      ("--parts decode --latent-dim 512 --kv-heads 2", "expected 1, as a latent cache has"),
      ("--types e4m3", "--parts: found prefill"), ("--latent-dim 512", "--parts: found prefill"),
      ("--parts lunch", "did you mean 'launch'?"), ("--sizes 10B", "multiple of 16"), ("--types fp8", "no type 'fp8'"),
      ("--head-dims 96", "expected 64, 128 or 256"), ("--heads 6 --kv-heads 4", "expected a divisor"),
      ("--precision 0", "--precision: found '0'"), ("--precision 120%", "--precision: found '120%'"),
      ("--precision x", "--precision: found 'x', expected a share above 0, up to 1, such as 0.01 or 1%"),
      ("--tokens 0", "--tokens"), ("--device -1", "--device"),
      ("--repeats 0", "--repeats: found 0"),
    ])
  func badOptions(line: String, text: String) throws {
    let workspace = try Workspace()
    let run = try measure(workspace, line, ["devices 0"])
    #expect(run.code == 64, "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
  }
}
