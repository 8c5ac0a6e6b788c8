import Foundation
import Testing

/// `treeline measure compile` with a real NVRTC, which `.ci/cuda` installs below .build, and without.
@Suite struct MeasureCompileTests {
  /// The folder of NVRTC; nil where `.ci/cuda` did not install it.
  static let nvrtc: String? = {
    let environment = Repository.root.appendingPathComponent(".build/cuda-venv/lib")
    let found = (try? FileManager.default.contentsOfDirectory(atPath: environment.path)) ?? []
    return found.map { environment.appendingPathComponent("\($0)/site-packages/nvidia/cuda_nvrtc/lib").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  private struct Document: Decodable {
    struct Row: Decodable {
      let kernel: String
      let architecture: String
      let registers: Int
      let sharedBytes: Int
      let spilledBytes: Int
      let blocks: Int
      let warps: Int
      let occupancyPercent: Int
    }
    let compiler: String
    let kernels: [Row]
  }

  private func compile(_ workspace: Workspace, _ more: String = "") throws -> CommandRun {
    let nvrtc = try #require(Self.nvrtc)
    let kernels = Repository.root.appendingPathComponent("Sources/CUDABackend/Kernels").path
    return try workspace.run(
      ["measure", "compile", "--libraries", nvrtc, "--kernels", kernels, "--cache", "cache", "--arch", "sm_90a"]
        + more.split(separator: " ").map(String.init))
  }

  @Test(
    "What it prints is what the compile check prints, and damaged code is compiled anew",
    .enabled(if: nvrtc != nil, "no NVRTC below .build/cuda-venv: .ci/cuda installs it"))
  func agreesWithTheCheck() throws {
    let workspace = try Workspace()
    let run = try compile(workspace, "--json")
    #expect(run.code == 0, "\(run.errors)")
    let document = try run.json(Document.self)
    #expect(document.compiler.hasPrefix("NVRTC 12."))

    let python = Process()
    python.executableURL = Repository.root.appendingPathComponent(".build/cuda-venv/bin/python")
    python.arguments = ["Tests/CUDAKernels/compile.py", "--arch", "sm_90a"]
    python.currentDirectoryURL = Repository.root
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    python.waitUntilExit()
    // name, shared bytes; registers, spills, blocks, warps, occupancy.
    var expected: [String: [Int]] = [:]
    for line in printed.split(separator: "\n") {
      let words = line.replacing("%", with: "").split(separator: " ")
      if words.count == 7, let first = words.first, Int(words[1]) != nil {
        expected[String(first)] = words.dropFirst().compactMap { Int($0) }
      }
    }
    #expect(expected.count == document.kernels.count)
    #expect(document.kernels.count > 40)
    for row in document.kernels {
      #expect(
        expected[row.kernel] == [
          row.sharedBytes, row.registers, row.spilledBytes, row.blocks, row.warps, row.occupancyPercent,
        ], "\(row.kernel)")
    }

    let again = try compile(workspace)
    #expect(again.output.contains("0 of 6 compilations were new"), "\(again.output)")
    let cache = workspace.folder.appendingPathComponent("cache")
    let files = try FileManager.default.contentsOfDirectory(atPath: cache.path).sorted()
    #expect(files.count == 12)
    let code = try #require(files.first { $0.hasSuffix(".cubin") })
    let label = try #require(files.last { $0.hasSuffix(".json") })
    var bytes = try Data(contentsOf: cache.appendingPathComponent(code))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: cache.appendingPathComponent(code))
    try Data("{".utf8).write(to: cache.appendingPathComponent(label))
    let mended = try compile(workspace, "--json")
    #expect(mended.output == run.output)
    #expect(try compile(workspace).output.contains("0 of 6 compilations were new"))
    #expect(again.lines.count { $0.hasPrefix("decode_") } == 12)
  }

  @Test("An architecture that is not known, a folder that is none and kernels that are nowhere are told")
  func refusesBadOptions() throws {
    let workspace = try Workspace()
    let architecture = try workspace.run("measure compile --arch sm_90b")
    #expect(architecture.code == 64)
    #expect(architecture.errors.contains("--arch: no architecture 'sm_90b'; did you mean 'sm_90a'?"))
    let libraries = try workspace.run("measure compile --libraries nowhere")
    #expect(libraries.code == 64)
    #expect(libraries.errors.contains("--libraries: found 'nowhere', expected a folder"))
    let kernels = try workspace.run("measure compile --kernels nowhere")
    #expect(kernels.code == 66)
    #expect(kernels.errors.contains("nowhere/kernels.json"))
  }

  @Test("A compiler that can't be loaded is unavailable: where it was looked for, and how to install it")
  func tellsOfMissingCompiler() throws {
    let workspace = try Workspace()
    // A file that is no library stops the search of no loader; names that follow may be found on other machines.
    try FileManager.default.createDirectory(
      at: workspace.folder.appendingPathComponent("libraries"), withIntermediateDirectories: true)
    try workspace.write("no library", to: "libraries/libnvrtc.so.12")
    let run = try workspace.run("measure compile --arch sm_80 --libraries libraries --cache cache")
    guard run.code != 0 else { return }
    #expect(run.code == 69)
    for text in [
      "the compiler NVRTC can't be loaded", "libraries/libnvrtc.so.12", "libnvrtc.so.13", "/usr/local/cuda/lib64",
      "pip install nvidia-cuda-nvrtc-cu12", "--libraries",
    ] {
      #expect(run.errors.contains(text), "\(run.errors)")
    }
  }
}
