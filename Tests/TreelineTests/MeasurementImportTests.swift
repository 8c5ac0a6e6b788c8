import Foundation
import GRDB
import Testing

/// `treeline import`: from a log or a table to rows of the database.
@Suite struct MeasurementImportTests {
  private static let fixtures = Repository.root.appendingPathComponent("Tests/MeasurementsTests/Fixtures").path

  private struct Imports: Decodable {
    struct File: Decodable {
      struct Issue: Decodable {
        let line: Int?
        let kind: String
        let problem: String
      }
      let format: String
      let rows: Int
      let kept: Int
      let bad: Int
      let duplicate: Int
      let unverified: Int
      let measurements: Int
      let outcome: String
      let sha256: String
      let source: String
      let license: String
      let provenance: String
      let issues: [Issue]
    }
    let files: [File]
  }

  private struct Count: Decodable {
    let n: Int
  }

  @Test("A log is stored with its source and what the options add, and again changes nothing")
  func log() throws {
    let workspace = try Workspace()
    let arguments = [
      "import", "\(Self.fixtures)/all-reduce-16-tagged.log", "--interconnect", "8 x NDR", "--nics", "8", "--source",
      "made up", "--license", "none",
    ]
    let first = try workspace.run(arguments + ["--json"])
    #expect(first.code == 0, "\(first.errors)")
    let file = try #require(try first.json(Imports.self).files.first)
    #expect(file.format == "nccl-tests" && file.rows == 13 && file.kept == 13 && file.measurements == 26)
    #expect(
      file.outcome == "stored" && file.source == "made up" && file.license == "none" && file.provenance == "measured")
    #expect(
      try workspace.rows(
        "SELECT origin, license, gpu, interconnect, gpus, nodes, nics, collective, count(*), sum(in_place) FROM "
          + "v_collective_measurement GROUP BY collective")
        == ["made up,none,NVIDIA H100 80GB HBM3,8 x NDR,16,2,8,all_reduce,26,13"])
    let again = try workspace.run(arguments)
    #expect(again.code == 0 && again.output.contains("1, unchanged"), "\(again.output)")
    // What is declared otherwise is another reading of the same bytes.
    #expect(try workspace.run(arguments + ["--gpu", "H100"]).code == 0)
    #expect(try workspace.rows("SELECT count(*) FROM collective_measurement") == ["52"])
    let list = try workspace.run("results imports")
    #expect(list.code == 0 && list.lines.count == 5 && list.lines.allSatisfy { $0.count <= WidthTests.widest })
  }

  @Test("A file that changed is another source, and bad rows are listed, stored and, if asked, refused")
  func changes() throws {
    let workspace = try Workspace()
    try workspace.write(KernelTests.data("decode", shapes: 1), to: "times.csv")
    #expect(try workspace.run("import times.csv").code == 0)
    try workspace.write(
      KernelTests.data("decode", shapes: 1) + "L4,VLLM 1,bf16,1,1,1,64,0,1,64,0\nL4,VLLM 1,bf16,1,1,1,64,0,1,64,9?\n",
      to: "times.csv")
    let strict = try workspace.run("import times.csv --strict")
    #expect(strict.code == 65 && strict.errors.contains("--strict: found 1 bad row"), "\(strict.errors)")
    #expect(strict.output.contains("times.csv:22: bad: time_us: found 0") && strict.output.contains("not stored"))
    let dry = try workspace.run("import times.csv --dry-run")
    #expect(dry.code == 0 && dry.output.contains("not stored"))
    #expect(try workspace.rows("SELECT count(*) FROM source") == ["1"])
    #expect(try workspace.run("import times.csv").code == 0)
    #expect(
      try workspace.rows("SELECT id, rows, kept, bad, duplicate, unverified, origin FROM source ORDER BY id")
        == ["1,20,20,0,0,0,not stated", "2,22,21,1,0,1,not stated"])
    #expect(try workspace.rows("SELECT line, kind FROM source_issue") == ["22,bad", "23,unverified"])
    let issues = try workspace.run("results imports 2")
    #expect(issues.output.contains("times.csv:22: bad: ") && issues.output.contains("times.csv:23: unverified: "))
    #expect(try workspace.run("results imports 9").code == 66)
    #expect(try workspace.rows("SELECT count(*) FROM v_kernel_measurement WHERE phase = 'decode'") == ["41"])
  }

  @Test("Files of known names have their source, and a file without a good row stores nothing of any")
  func several() throws {
    let workspace = try Workspace()
    try workspace.write(KernelTests.data("prefill", shapes: 1), to: "attention-prefill-kernels.csv")
    try workspace.write(KernelTests.columns + "\nL4,VLLM 1,bf16,1,1,1,64,0,1,64,0\n", to: "bad.csv")
    let both = try workspace.run("import attention-prefill-kernels.csv bad.csv")
    #expect(both.code == 65 && both.errors.contains("bad.csv:2: time_us: found 0"), "\(both.errors)")
    #expect(!workspace.holds("treeline.sqlite"))
    let one = try workspace.run("import attention-prefill-kernels.csv --json")
    let file = try #require(try one.json(Imports.self).files.first)
    #expect(file.source == "ai-dynamo/aiconfigurator @095f58a51c4c" && file.license == "Apache-2.0")
  }

  @Test("A table whose columns are declared, by a file and by options")
  func declared() throws {
    let workspace = try Workspace()
    let run = try workspace.run([
      "import", "\(Self.fixtures)/kernel-times.csv", "--mapping", "\(Self.fixtures)/kernel-times.yaml", "--json",
    ])
    #expect(run.code == 0, "\(run.errors)")
    let file = try #require(try run.json(Imports.self).files.first)
    #expect(file.rows == 6 && file.kept == 3 && file.bad == 2 && file.duplicate == 1 && file.unverified == 1)
    let missing = try workspace.run([
      "import", "\(Self.fixtures)/kernel-times.csv", "--column", "time=latncy:ms", "--column", "batch=bs",
    ])
    #expect(missing.code == 65 && missing.errors.contains("nothing declares gpu"), "\(missing.errors)")
  }

  @Test("What treeline measure stored is taken where a device was measured, and refused where it was an emulation")
  func measured() throws {
    let workspace = try Workspace()
    // Any run makes the tables; what it holds is replaced.
    #expect(
      try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k --algorithm tree -d other.sqlite").code == 0)
    let queue = try DatabaseQueue(path: workspace.folder.appendingPathComponent("other.sqlite").path)
    try queue.writeWithoutTransaction { db in
      try db.execute(
        sql: """
          DELETE FROM run;
          INSERT INTO input VALUES ('\(String(repeating: "b", count: 64))', 'machine', 'Made-up GPU', '{}');
          INSERT INTO run (id, created_at, command, treeline_version, kind) VALUES
            (7, '2025-01-01T00:00:00Z', 'measure', '1', 'measure');
          INSERT INTO run_input VALUES (7, 0, '\(String(repeating: "b", count: 64))');
          INSERT INTO result VALUES (70, 7, 'decode', 'decode_bf16', 'type=bf16 heads=32 kv-heads=8 head-dim=128 batch=2 tokens=4096 split-tokens=512; Made-up GPU', 'ok', 0);
          INSERT INTO result VALUES (71, 7, 'read 64 MiB', 'read', 'bytes=67108864; Made-up GPU', 'ok', 1);
          INSERT INTO result VALUES (72, 7, 'copy 64 MiB', 'copy', 'bytes=67108864; an emulation', 'ok', 2);
          INSERT INTO metric VALUES (70, 'time', '', 0.00005, 's', 'measured');
          INSERT INTO metric VALUES (71, 'time', '', 0.00004, 's', 'measured');
          INSERT INTO metric VALUES (71, 'rate', '', 1.6e12, 'B/s', 'measured');
          INSERT INTO metric VALUES (72, 'time', '', 0.1, 's', 'emulated');
          """)
    }
    let run = try workspace.run("import other.sqlite --json")
    #expect(run.code == 0, "\(run.errors)")
    let file = try #require(try run.json(Imports.self).files.first)
    #expect(file.format == "treeline" && file.rows == 3 && file.kept == 2 && file.bad == 1 && file.measurements == 3)
    #expect(file.issues.first?.problem.contains("emulated") == true)
    #expect(
      try workspace.rows(
        "SELECT gpu, batch, kv_heads, query_tokens, context_tokens, microseconds FROM v_kernel_measurement")
        == ["Made-up GPU,2,8,1,4096,50.0"])
    #expect(try workspace.run("import other.sqlite").output.contains("1, unchanged"))
    try queue.writeWithoutTransaction { db in try db.execute(sql: "UPDATE metric SET provenance = 'emulated'") }
    try queue.close()
    let emulated = try workspace.run("import other.sqlite")
    #expect(
      emulated.code == 65 && emulated.errors.contains("3 because they come from an emulation"), "\(emulated.errors)")
    #expect(try workspace.run("import treeline.sqlite").code == 64)
  }

  @Test(
    "What can't be imported says why",
    arguments: [
      ("none.log", Int32(66), "none.log: no such file"), ("text.txt", 65, "text.txt:1: found 'hello'"),
      ("bytes.bin", 65, "bytes.bin:2: found bytes that are not UTF-8"), (".", 66, "found what is no file"),
      ("text.txt --format nccl-test", 64, "did you mean 'nccl-tests'?"), ("text.txt --nodes 0", 64, "--nodes: found 0"),
      ("text.txt --collective allreduce", 64, "did you mean 'all_reduce'?"),
      ("text.txt --column btch=x", 64, "did you mean 'batch'?"), ("text.txt --mapping none.yaml", 66, "--mapping"),
      ("text.txt --format collectives", 65, "found the header 'hello'"),
    ])
  func refused(arguments: String, code: Int32, message: String) throws {
    let workspace = try Workspace()
    try workspace.write("hello\n", to: "text.txt")
    try Data([0x61, 0x0A, 0xFF, 0xFE, 0x0A]).write(to: workspace.folder.appendingPathComponent("bytes.bin"))
    let run = try workspace.run("import " + arguments)
    #expect(run.code == code && run.errors.contains(message), "\(run.code): \(run.errors)")
    #expect(!workspace.holds("treeline.sqlite"))
  }
}
