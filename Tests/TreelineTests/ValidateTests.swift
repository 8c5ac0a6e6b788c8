import Foundation
import Testing

/// `treeline validate`: predictions beside measurements, stored, and a page made from what is stored.
@Suite struct ValidateTests {
  private struct Validation: Decodable {
    struct Set: Decodable {
      struct Figures: Decodable, Equatable {
        let rows: Int
        let median: Double
        let p90: Double
        let bias: Double
        let coverage: Double?
      }
      struct Goal: Decodable {
        let figure: String
        let bound: Double
        let met: Bool?
      }
      struct Row: Decodable {
        let name: String
        let measured: Double
        let predicted: Double
        let reason: String
      }
      let key: String
      let kind: String
      let figures: Figures
      let goals: [Goal]
      let worst: [Row]
    }
    let run: Int?
    let sets: [Set]
    let notChecked: [String]
  }

  @Test("A validation is stored, and its page is made from the database, the same again without data")
  func page() throws {
    let workspace = try KernelTests.workspace()
    let run = try workspace.run("validate --data data --profile a100-h100 --page page/README.md --jobs 1 --json")
    #expect(run.code == 0, "\(run.errors)")
    let found = try run.json(Validation.self)
    #expect(found.run == 1)
    #expect(
      found.sets.map(\.key) == [
        "decode-out-of-fold", "decode-lengths-left-out", "prefill-out-of-fold", "prefill-lengths-left-out",
        "decode-h100-profile", "prefill-h100-profile",
      ])
    #expect(found.sets.map(\.kind).last == "in the fit")
    for set in found.sets {
      #expect(set.figures.rows >= 90 && set.figures.median <= set.figures.p90 && set.worst.count == 10, "\(set.key)")
      let factors = set.worst.map { abs(log($0.predicted / $0.measured)) }
      #expect(factors == factors.sorted(by: >))
    }
    #expect(found.notChecked.contains { $0.hasPrefix("decode kernels with a GPU left out") })

    let page = try text(workspace, "page/README.md")
    let first = try #require(found.sets.first)
    #expect(first.goals.count == 4 && first.goals.allSatisfy { $0.met != nil })
    #expect(page.contains("| decode, all shapes, out of fold") || page.contains("| [decode, all shapes, out of fold]"))
    #expect(page.contains("treeline validate --data data") && !page.contains("--jobs"))
    let missed = found.sets.flatMap(\.goals).count { $0.met == false }
    #expect(page.split(separator: "\n").count { $0.hasPrefix("**Missed**") } == missed)
    // A file's hash is said once, where the page names it first.
    let hashes = page.split(whereSeparator: { !$0.isHexDigit }).filter { $0.count == 64 }
    #expect(hashes.count == 2 && Set(hashes).count == 2, "\(hashes)")
    // Every picture that the page names is there and is JSON.
    let names = page.split(whereSeparator: { "()".contains($0) }).filter { $0.hasSuffix(".vl.json") }.map(String.init)
    #expect(names.count == 12)
    for name in names {
      let picture = try JSONSerialization.jsonObject(with: Data(text(workspace, "page/" + name).utf8))
      #expect((picture as? [String: Any])?["$schema"] as? String == "https://vega.github.io/schema/vega-lite/v5.json")
    }

    let before = try workspace.contents().filter { $0.key.hasPrefix("page/") }
    try FileManager.default.removeItem(at: workspace.folder.appendingPathComponent("data"))
    try FileManager.default.removeItem(at: workspace.folder.appendingPathComponent("page"))
    let again = try workspace.run("validate --from-run 1 --page page/README.md")
    #expect(again.code == 0 && again.lines.allSatisfy { $0.count <= WidthTests.widest }, "\(again.errors)")
    #expect(try workspace.contents().filter { $0.key.hasPrefix("page/") } == before)
  }

  @Test("Imported times give the figures of their files, on any number of threads")
  func imported() throws {
    let workspace = try KernelTests.workspace()
    #expect(
      try workspace.run("import data/attention-decode-kernels.csv data/attention-prefill-kernels.csv").code == 0)
    let files = try workspace.run("validate --data data --no-store --jobs 1 --json").json(Validation.self)
    let rows = try workspace.run("validate --imported --jobs 2 --json").json(Validation.self)
    #expect(files.run == nil && rows.run == 1)
    for (one, other) in zip(files.sets, rows.sets) {
      #expect(one.key == other.key && one.figures.rows == other.figures.rows)
      #expect(abs(one.figures.median - other.figures.median) < 1e-6)
      #expect(one.worst.map(\.name) == other.worst.map(\.name))
    }

    // A later import of what no model knows is passed over, and said.
    try workspace.write("bs,latency\n4,0.25\n", to: "other.csv")
    let columns = ["batch=bs", "time=latency:ms"].flatMap { ["--column", $0] }
    let constants = [
      "gpu=X1", "software=own", "dtype=bf16", "query_heads=8", "kv_heads=8", "head_dim=128", "window=0",
      "query_tokens=1", "context_tokens=4096",
    ].flatMap { ["--constant", $0] }
    let other = try workspace.run(["import", "other.csv"] + columns + constants)
    #expect(other.code == 0, "\(other.errors)")
    let after = try workspace.run("validate --imported --jobs 2 --json --no-store")
    #expect(after.code == 0 && after.errors.contains("import 3 is passed over"), "\(after.errors)")
    #expect(try after.json(Validation.self).sets.map(\.figures.rows) == rows.sets.map(\.figures.rows))
  }

  @Test(
    "What can't be validated says why",
    arguments: [
      ("", Int32(64), "expected one of --data, --imported and --from-run"),
      ("--data data --imported", 64, "expected one of"), ("--data data --profile-only", 64, "expected --profile"),
      ("--data data --page x.md --no-store", 64, "--page is made from what is stored"),
      ("--data nowhere --no-store", 66, "attention-decode-kernels.csv"), ("--from-run 1", 66, "no such file"),
      ("--imported", 66, "no such file"), ("--data data --profile a100-h10 --no-store", 66, "a100-h100"),
    ])
  func refused(options: String, code: Int32, message: String) throws {
    let run = try KernelTests.workspace().run("validate " + options)
    #expect(run.code == code && run.errors.contains(message), "\(run.code): \(run.errors)")
  }

  @Test("A run that is no validation is refused")
  func otherRun() throws {
    let workspace = try Workspace()
    #expect(try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k --algorithm tree").code == 0)
    let run = try workspace.run("validate --from-run 1 --page page.md")
    #expect(run.code == 65 && run.errors.contains("is no data set of a validation"), "\(run.errors)")
    #expect(!workspace.holds("page.md"))
    #expect(try workspace.run("validate --from-run 2").code == 66)
  }

  private func text(_ workspace: Workspace, _ name: String) throws -> String {
    try String(contentsOf: workspace.folder.appendingPathComponent(name), encoding: .utf8)
  }
}
