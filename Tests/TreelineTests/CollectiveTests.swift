import Foundation
import Testing

/// The model of collectives: calibrated on measured times, and asked for one collective.
@Suite struct CollectiveTests {
  /// Made-up rows of one machine: a latency for each step and the bytes over the links, a few per cent off by turns.
  static func data() -> String {
    var rows = ["gpu,interconnect,gpus,nodes,software,collective,dtype,bytes,time_us"]
    for gpus in [2, 4] {
      for octave in 5...27 {
        let factor = 1 + 0.02 * Double((octave * 3 + gpus) % 5 - 2)
        let share = Double(1 << octave) * Double(gpus - 1) / Double(gpus) / 3e5
        for (kind, steps) in [("all_reduce", 2.0), ("all_gather", 1)] {
          let time = (6 + steps * (0.75 * Double(gpus) + share)) * factor
          let rounded = (time * 1000).rounded() / 1000
          rows.append(
            "NVIDIA H100 80GB HBM3,NVSwitch NVLink4,\(gpus),1,NCCL 2.30,\(kind),half,\(1 << octave),\(rounded)")
        }
      }
    }
    return rows.joined(separator: "\n") + "\n"
  }

  static func workspace(_ text: String) throws -> Workspace {
    let workspace = try Workspace()
    try FileManager.default.createDirectory(
      at: workspace.folder.appendingPathComponent("data"), withIntermediateDirectories: true)
    try workspace.write(text, to: "data/collectives-one-node.csv")
    return workspace
  }

  private struct Calibration: Decodable {
    struct Errors: Decodable {
      let name: String
      let rows: Int
      let median: Double
    }
    let run: Int?
    let crossValidation: [Errors]
  }

  private struct Prediction: Decodable {
    struct Size: Decodable {
      let bytes: Int
      let algorithm: String
      let time: Double
      let interval: [Double]
      let tier: Int
      let extrapolated: [String]
      let provenance: String
      let custom: [String: Double]
    }
    let predictions: [Size]
  }

  @Test("Where NCCL chooses otherwise from one size to the next, the time is said to step")
  func choices() throws {
    let workspace = try Workspace()
    let line = "predict collective --topology dgx-h100-1 --gpus 4 --bytes 1GiB,128KiB,256KiB,4MiB"
    let text = try workspace.run(line).output
    #expect(
      text.contains("choice changes: between 256 KiB and 4 MiB; 4 MiB and 1 GiB; the time may step there"), "\(text)")
    #expect(try !workspace.run(line + " --algorithm ring --protocol simple").output.contains("choice changes"))
  }

  @Test("A calibration is stored, writes a profile that predicts, and is the same on any number of threads")
  func calibration() throws {
    let workspace = try Self.workspace(Self.data() + "Voodoo 2,SLI,2,1,NCCL,all_reduce,half,512,9\n")
    let run = try workspace.run("calibrate collectives --data data --output one.yaml --jobs 1 --json")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("collectives-one-node.csv:94: gpu: found 'Voodoo 2'"), "\(run.errors)")
    let found = try run.json(Calibration.self)
    #expect(found.run == 1 && found.crossValidation.first?.rows == 92)
    #expect(found.crossValidation.allSatisfy { $0.median < 0.2 }, "\(found.crossValidation)")
    let text = try workspace.run("calibrate collectives --data data --output two.yaml --jobs 2 --no-store")
    #expect(text.code == 0 && text.lines.allSatisfy { $0.count <= WidthTests.widest })
    func profile(_ name: String) throws -> String {
      try String(contentsOf: workspace.folder.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(try profile("one.yaml") == profile("two.yaml"))
    #expect(try workspace.run("results show 1").output.contains("collective model"))
    let predicted = try workspace.run(
      "predict collective --profile ./one.yaml --topology dgx-h100-1 --gpus 4 --bytes 64KiB --json"
    ).json(Prediction.self)
    let size = try #require(predicted.predictions.first)
    #expect(size.tier == 2 && size.extrapolated == [] && size.provenance == "fitted")
    #expect(abs(size.time / ((12 + 65536 * 1.5 / 3e5) * 1e-6) - 1) < 0.15, "\(size.time)")
  }

  @Test("Data that can't be used is an error that says why, and leaves no profile")
  func unusable() throws {
    let few = Self.data().split(separator: "\n").prefix(40).joined(separator: "\n")
    for (text, message) in [
      (few, "found 39 rows, expected 60 or more"), ("", "collectives-one-node.csv:1: found ''"),
      (Self.data().replacing("time_us", with: "time_ms"), "did you mean 'time_us'?"),
    ] {
      let workspace = try Self.workspace(text)
      let run = try workspace.run("calibrate collectives --data data --output profile.yaml")
      #expect(run.code == 65 && run.errors.contains(message), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: workspace.folder.appendingPathComponent("profile.yaml").path))
    }
    let missing = try Workspace().run("calibrate collectives --data nowhere --no-store")
    #expect(missing.code == 66 && missing.errors.contains("nowhere"), "\(missing.errors)")
  }

  @Test("The profile that ships predicts presets and machines in words")
  func shipped() throws {
    let workspace = try Workspace()
    let own = try workspace.run("predict collective --topology dgx-h100-1 --gpus 4 --bytes 512,1MiB --json")
      .json(Prediction.self).predictions
    #expect(own.map(\.tier) == [2, 2] && own.allSatisfy { $0.extrapolated.isEmpty } && own[0].bytes == 512)
    #expect(own[0].custom.keys.sorted() == ["one-shot", "two-shot"])
    for text in [
      "predict collective --topology dgx-h100-16 --collective all_gather",
      "predict collective --gpu A100 --interconnect NVLink3 --gpus 4 --algorithm tree --protocol simple",
      "predict collective --gpu H100 --interconnect 'InfiniBand 8x400Gb' --gpus 32 --nodes 4 --collective sendrecv",
      "predict collective --topology rtx4090-pcie-2 --int8",
    ] {
      let words = text.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
        index.isMultiple(of: 2) ? part.split(separator: " ").map { String($0) } : [String(part)]
      }
      let run = try workspace.run(words)
      #expect(run.code == 0 && run.lines.allSatisfy { $0.count <= WidthTests.widest }, "\(run.errors)\n\(run.output)")
    }
  }

  @Test(
    "What can't be predicted says which option is wrong",
    arguments: [
      ("--bytes 1", Int32(64), "neither --topology nor --gpu"), ("--gpu H100 --topology dgx-h100-1", 64, "give one"),
      ("--gpu MI30X", 64, "did you mean 'MI300X'?"),
      ("--gpu H100 --collective allreduc", 64, "did you mean 'all_reduce'?"),
      ("--gpu H100 --gpus 4 --algorithm nvls", 64, "expected one of what NCCL has"),
      ("--gpu H100 --protocol ll12", 64, "did you mean 'LL128'?"), ("--gpu H100 --bytes x", 64, "--bytes"),
      ("--gpu H100 --gpus 1", 64, "found 1 in 1 nodes"), ("--gpu H100 --nodes 2", 64, "--nodes 2 needs --interconnect"),
      ("--gpu H100 --nodes 2 --interconnect Ethertalk", 64, "between nodes"),
      ("--gpu H100 --nodes 2 --interconnect InfiniBand8x400.5Gb", 64, "1 to 3200 Gb/s"),
      ("--gpu H100 --nodes 2 --interconnect InfiniBand8x50GB/s", 64, "in Gb/s"),
      ("--gpu H100 --gpus 1000000", 64, "at most 1024"),
      ("--topology dgx-h100", 66, "dgx-h100-1"), ("--gpu H100 --profile no-such", 66, "no-such"),
      ("--gpu H100 --profile a100-h100", 65, "collective-profile"),
    ])
  func usage(options: String, code: Int32, message: String) throws {
    let run = try Workspace().run("predict collective " + options)
    #expect(run.code == code && run.errors.contains(message), "\(run.code): \(run.errors)")
  }
}
