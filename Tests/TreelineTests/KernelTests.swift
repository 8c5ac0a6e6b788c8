import Foundation
import Testing

/// The kernel model: calibrated on measured times, and asked for one kernel.
@Suite struct KernelTests {
  static let columns =
    "gpu,software,dtype,batch,query_heads,kv_heads,head_dim,window,query_tokens,context_tokens,time_us"

  /// Made-up rows of one software on one device: a floor and the bytes over the bandwidth, a few per cent off by turns.
  static func data(_ phase: String, shapes: Int = 8) -> String {
    var rows = [columns]
    for shape in 0..<shapes {
      let kvHeads = 1 << (shape % 4)
      let heads = kvHeads * (shape < 4 ? 4 : 8)
      for batch in [1, 4, 16, 64] {
        for power in 7...11 {
          let tokens = 1 << power
          let bytes = Double(4 * batch * kvHeads * tokens * 128)
          let work = phase == "decode" ? bytes / 3e6 : bytes * Double(tokens) / 2e8
          let factor = 1 + 0.02 * Double((shape * 7 + batch * 3 + power) % 5 - 2)
          let time = ((12 + work) * factor * 1000).rounded() / 1000
          let queries = phase == "decode" ? 1 : tokens
          rows.append(
            "NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,\(batch),\(heads),\(kvHeads),128,0,\(queries),\(tokens),\(time)"
          )
        }
      }
    }
    return rows.joined(separator: "\n") + "\n"
  }

  static func workspace(decode: String = data("decode"), prefill: String = data("prefill")) throws -> Workspace {
    let workspace = try Workspace()
    try FileManager.default.createDirectory(
      at: workspace.folder.appendingPathComponent("data"), withIntermediateDirectories: true)
    try workspace.write(decode, to: "data/attention-decode-kernels.csv")
    try workspace.write(prefill, to: "data/attention-prefill-kernels.csv")
    return workspace
  }

  private struct Calibration: Decodable {
    struct Phase: Decodable {
      struct Errors: Decodable {
        let name: String
        let rows: Int
        let median: Double
        let coverage: Double?
      }
      let phase: String
      let rows: Int
      let used: Int
      let bad: [String]
      let crossValidation: [Errors]
    }
    let run: Int?
    let phases: [Phase]
  }

  private struct Prediction: Decodable {
    let kernel: String
    let time: Double
    let interval: [Double]
    let provenance: String
    let tier: Int
    let extrapolated: [String]
  }

  @Test("A calibration is stored, writes a profile that predicts, and is the same on any number of threads")
  func calibration() throws {
    let workspace = try Self.workspace(decode: Self.data("decode") + "NVIDIA L4,VLLM 1,bfloat16,1,1,1,64,0,1,64,9\n")
    let run = try workspace.run("calibrate --data data --output one.yaml --jobs 1 --json")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("attention-decode-kernels.csv:162: gpu: found 'NVIDIA L4'"), "\(run.errors)")
    let found = try run.json(Calibration.self)
    #expect(found.run == 1 && found.phases.map(\.phase) == ["decode", "prefill"])
    #expect(found.phases.map(\.rows) == [161, 160] && found.phases.map(\.used) == [160, 160])
    #expect(found.phases.map(\.bad.count) == [1, 0])
    for phase in found.phases {
      let all = try #require(phase.crossValidation.first)
      #expect(all.name == "all" && all.rows == 160 && all.median < 0.1, "\(all)")
      #expect(all.coverage.map { (0.6...0.95).contains($0) } == true, "\(all)")
    }
    let text = try workspace.run("calibrate --data data --output two.yaml --jobs 2 --no-store")
    #expect(text.code == 0 && text.lines.allSatisfy { $0.count <= WidthTests.widest })
    func profile(_ name: String) throws -> String {
      try String(contentsOf: workspace.folder.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(try profile("one.yaml") == profile("two.yaml"))
    #expect(try workspace.run("results show 1").output.contains("coverage of the 80 % interval"))

    let shape = "--software vllm --heads 16 --kv-heads 4 --head-dim 128 --batch 16 --tokens 1024 --json"
    let measured = try workspace.run("predict --profile ./one.yaml --device h100-sxm \(shape)").json(Prediction.self)
    #expect(measured.kernel == "FA3" && measured.provenance == "fitted" && measured.tier == 2)
    #expect(measured.extrapolated == [])
    #expect(abs(measured.time / ((12 + 4.0 * 16 * 4 * 1024 * 128 / 3e6) * 1e-6) - 1) < 0.1, "\(measured.time)")
    #expect(measured.interval[0] < measured.time && measured.time < measured.interval[1])
    let none = try workspace.run(
      "predict --profile ./one.yaml --device h100-sxm \(shape.replacing("vllm", with: "trtllm"))")
    #expect(none.code == 65 && none.errors.contains("no parameters for decode by TRTLLM"), "\(none.errors)")
  }

  /// What is wrong with data.
  enum Spoilt: CaseIterable {
    case tooFew, otherColumns, otherSoftware, empty
  }

  @Test(
    "Data that can't be used is an error that says why, and leaves no profile",
    arguments: [
      (Spoilt.tooFew, "found 20 rows, expected 60 or more"), (.otherColumns, "did you mean 'head_dim'?"),
      (.otherSoftware, "160 bad rows of 160"), (.empty, ":1: found ''"),
    ])
  func unusable(spoilt: Spoilt, message: String) throws {
    let decode =
      switch spoilt {
      case .tooFew: Self.data("decode", shapes: 1)
      case .otherColumns: Self.data("decode").replacing("head_dim", with: "hed_dim")
      case .otherSoftware: Self.data("decode").replacing("VLLM", with: "SGLANG")
      case .empty: ""
      }
    let workspace = try Self.workspace(decode: decode)
    let run = try workspace.run("calibrate --data data --output profile.yaml")
    #expect(run.code == 65 && run.errors.contains(message), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.folder.appendingPathComponent("profile.yaml").path))
    #expect(try workspace.run("results list").code == 66 || workspace.run("results list").output.contains("no runs"))
  }

  @Test("Times in other units are refused as a whole")
  func units() throws {
    let rows = Self.data("decode").split(separator: "\n").map { line -> String in
      let fields = line.split(separator: ",")
      guard let time = Double(fields[10]) else { return String(line) }
      return (fields.dropLast().map { String($0) } + ["\(time * 1000)"]).joined(separator: ",")
    }
    let run = try Self.workspace(decode: rows.joined(separator: "\n")).run("calibrate --data data --no-store")
    #expect(run.code == 65 && run.errors.contains("expected microseconds"), "\(run.errors)")
  }

  @Test("A folder without the files is missing input")
  func missing() throws {
    let run = try Workspace().run("calibrate --data nowhere --no-store")
    #expect(run.code == 66 && run.errors.contains("nowhere/attention-decode-kernels.csv"), "\(run.errors)")
  }

  @Test("The profile that ships predicts measured devices, and others by their data sheets with a wider interval")
  func shipped() throws {
    let workspace = try Workspace()
    let shape = "--heads 32 --kv-heads 8 --head-dim 128 --batch 64 --tokens 8192"
    let own = try workspace.run("predict --device h100-sxm --software vllm \(shape) --json").json(Prediction.self)
    #expect(own.kernel == "FA3" && own.tier == 2 && own.extrapolated.isEmpty)
    // 2 x 64 x 8 x 8192 x 128 x 2 B over 3.35 TB/s are 641 us.
    #expect((0.00064...0.00080).contains(own.time))
    let other = try workspace.run(
      "predict --device h200-sxm --software vllm \(shape) --json"
    ).json(Prediction.self)
    #expect(other.kernel == "FA3" && other.tier == 1 && other.time < own.time)
    #expect(other.extrapolated.first?.contains("h200-sxm") == true)
    #expect(other.interval[1] / other.interval[0] > own.interval[1] / own.interval[0])
    for text in [
      "predict --device A100 --software trtllm \(shape)", "predict --device A100 --software vllm \(shape) --prefill",
    ] {
      let run = try workspace.run(text)
      #expect(run.code == 0 && run.lines.allSatisfy { $0.count <= WidthTests.widest }, "\(run.errors)")
    }
  }

  @Test(
    "What can't be predicted says which option is wrong",
    arguments: [
      ("--device mi300x --software vllm --heads 8 --head-dim 128 --tokens 64", Int32(64), "--capability"),
      ("--device h100-sxm --software vlm --heads 8 --head-dim 128 --tokens 64", 64, "did you mean 'vllm'?"),
      ("--device h100-sxm --software vllm --heads 8 --kv-heads 3 --head-dim 128 --tokens 64", 64, "KV heads: found 3"),
      ("--device h100-sxm --software vllm --heads 8 --head-dim 128 --tokens x", 64, "--tokens"),
      ("--device H100 --capability 9 --software vllm --heads 8 --head-dim 128 --tokens 64", 64, "was measured"),
      ("--device h100-sx --software vllm --heads 8 --head-dim 128 --tokens 64", 66, "h100-sxm"),
      ("--device A100 --profile no-such --software vllm --heads 8 --head-dim 128 --tokens 64", 66, "no-such"),
    ])
  func usage(options: String, code: Int32, message: String) throws {
    let run = try Workspace().run("predict " + options)
    #expect(run.code == code && run.errors.contains(message), "\(run.code): \(run.errors)")
  }
}
