import Foundation
import Testing

/// `treeline check`: what it prints, stores and refuses.
@Suite struct CheckTests {
  private struct Document: Decodable {
    struct Row: Decodable {
      let name: String
      let residual: Double
      let bound: Double
      let passed: Bool
      let boundSource: String
      let reproduction: String
    }

    let check: String
    let passed: Bool
    let residuals: [Row]
  }

  private static let small = "check theory --seed 5 --heads 2 --tokens 12 --head-dim 3"

  @Test("Every residual is printed beside its bound and said to be within it")
  func text() throws {
    let workspace = try Workspace()
    let run = try workspace.run(Self.small + " --no-store")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("All 21 residuals are within their bounds."))
    #expect(run.output.contains("Again: treeline \(Self.small)\n"))
    #expect(!run.output.contains("MISS"))
    #expect(try workspace.contents().isEmpty)
    #expect(try workspace.run(Self.small + " --no-store").output == run.output)
  }

  @Test("Every algorithm is executed, its bytes and peaks are the simulator's, and all is stored")
  func attention() throws {
    let workspace = try Workspace()
    let command = "check attention --seed 3 --ranks 3 --tokens 5 --query-tokens 2 --batch 2"
    let run = try workspace.run(command + " --database checks.sqlite")
    #expect(run.code == 0, "\(run.errors)")
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("All 78 residuals are within their bounds."))
    #expect(run.output.contains("Again: treeline \(command)\n"))
    let document = try workspace.run(command + " --no-store --json").json(Document.self)
    #expect(document.passed && document.residuals.count == 78)
    for row in document.residuals.suffix(2) { #expect(row.residual == 0 && row.bound == 0, "\(row.name)") }
    #expect(try workspace.run("check attention --ranks 0").code == 64)
    #expect(try workspace.run("check attention --tokens 0").code == 64)
    #expect(try workspace.run("check attention --query-tokens 0").code == 64)
  }

  @Test("Options of real ranks are refused where they make no sense")
  func mpiOptions() throws {
    let workspace = try Workspace()
    for (options, message) in [
      ("--mpi --ranks 2", "--ranks: not with --mpi"), ("--mpi-timeout 3", "--mpi-timeout: found without --mpi"),
      ("--mpi --mpi-timeout 0", "--mpi-timeout: found 0.0, expected 0.1 to 86400 seconds"),
      ("--mpi --mpi-timeout nan", "--mpi-timeout: found nan"), ("--mpi --tokens 0", "--tokens: found 0"),
    ] {
      let run = try workspace.run("check attention \(options)")
      #expect(run.code == 64)
      #expect(run.errors.contains(message), "\(run.errors)")
    }
    #expect(try workspace.contents().isEmpty)
  }

  #if !MPI
    @Test("Without MPI built in, --mpi says how to build it")
    func withoutMPI() throws {
      let workspace = try Workspace()
      let run = try workspace.run("check attention --mpi")
      #expect(run.code == 69)
      #expect(run.errors.contains("swift build -c release --traits MPI"))
      #expect(run.errors.contains("apt-get install libopenmpi-dev openmpi-bin"))
      #expect(run.output.isEmpty)
      #expect(try workspace.contents().isEmpty)
    }
  #endif

  @Test("Programs are audited and mutants caught, all stored, the same on every run")
  func program() throws {
    let workspace = try Workspace()
    let command = "check program --seed 4 --ranks 2,3 --tokens 11 --query-tokens 3 --batch 2 --mutations 2"
    let run = try workspace.run(command + " --database checks.sqlite")
    #expect(run.code == 0, "\(run.errors)")
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("All 15 residuals are within their bounds."))
    // The line is broken where it is too wide.
    #expect(run.output.replacing("\n", with: " ").contains("Again: treeline \(command) "))
    let document = try workspace.run(command + " --no-store --json").json(Document.self)
    #expect(document.check == "program" && document.passed && document.residuals.count == 15)
    for row in document.residuals { #expect(row.residual == 0 && row.bound == 0, "\(row.name)") }
    let rows = try workspace.run([
      "results", "sql", "--csv", "--database", "checks.sqlite",
      "SELECT run.kind, run.seed, result.options FROM run JOIN result ON result.run_id = run.id",
    ])
    #expect(rows.lines[1] == "check,4,\"ranks=2,3 query-tokens=3 batch=2 mutations=2\"")
    // Audits alone take fewer tokens than ranks.
    #expect(try workspace.run("check program --ranks 5 --tokens 2 --mutations 0 --no-store").code == 0)
  }

  @Test(
    "A mutant is a wrong program, so that its check ends with exit code 70 and says what is wrong", arguments: 0..<11)
  func mutant(number: Int) throws {
    let workspace = try Workspace()
    let command = "check program --seed 2 --ranks 3,4 --tokens 9 --mutant \(number)"
    let run = try workspace.run(command + " --database checks.sqlite")
    #expect(run.code == 70)
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("MISS") && run.output.contains("The audit finds:"))
    #expect(run.output.contains("\n+ rank "), "no line that differs")
    #expect(run.errors.contains("treeline: error: mutant \(number), "), "\(run.errors)")
    #expect(run.errors.contains("--mutant \(number)\n"), "\(run.errors)")
    // It is stored for all that, and the same wherever it is asked for.
    #expect(try workspace.run("results show 1 --database checks.sqlite").output.contains("residuals past their bounds"))
    let json = try workspace.run(command + " --mutations 7 --no-store --json")
    #expect(json.code == 70)
    let document = try json.json(Document.self)
    #expect(!document.passed && document.residuals.count == 1)
    #expect(run.output.contains(document.residuals[0].name))
  }

  @Test(
    "What makes no check of programs is refused",
    arguments: [
      ("--ranks 0", "--ranks: found '0'"), ("--ranks 65", "a whole number from 1 to 64"),
      ("--tokens 0", "--tokens: found 0"), ("--query-tokens 0", "--query-tokens: found 0"),
      ("--ranks 8 --tokens 7", "at least a token a rank, 8"), ("--batch 0", "--batch: found 0"),
      ("--mutations=-1", "--mutations: found -1"), ("--mutant=-1", "--mutant: found -1"),
      ("--ranks 1 --mutant 2", "--mutant: no program of --ranks 1 has a place for mutant 2"),
    ])
  func programRefused(options: String, message: String) throws {
    let workspace = try Workspace()
    let run = try workspace.run("check program \(options)")
    #expect(run.code == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test("Precision is told by ranks, stored and drawn, the same for any number of jobs")
  func precision() throws {
    let workspace = try Workspace()
    let command = "check precision --ranks 1,4 --tokens 32 --seeds 2"
    let run = try workspace.run(command + " --no-store --jobs 1 --plot curves.vl.json")
    #expect(run.code == 0, "\(run.errors)")
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("Does the error grow with the number of ranks?"))
    #expect(try workspace.run(command + " --no-store --jobs 3").output == run.output)
    struct Plot: Decodable {
      struct Values: Decodable { let values: [Point] }
      struct Point: Decodable { let error: Double }
      let data: Values
    }
    let file = workspace.folder.appendingPathComponent("curves.vl.json")
    let plot = try JSONDecoder().decode(Plot.self, from: Data(contentsOf: file))
    #expect(plot.data.values.count == 27 * 2)
    #expect(plot.data.values.allSatisfy { $0.error > 0 && $0.error < 1 })
    #expect(try workspace.run(command + " --no-store --plot nowhere/curves.vl.json").code == 73)
    let few = try workspace.run("check precision --ranks 8 --tokens 4")
    #expect(few.code == 64 && few.errors.contains("fewer than the 8 ranks") && few.errors.contains("add no rounding"))
    let long = try workspace.run("check precision --tokens 2097152 --heads 4 --ranks 1")
    #expect(long.code == 64 && long.errors.contains("at most 4194304 in all"))
    #expect(try workspace.run("check precision --tokens 1048576 --ranks 256").errors.contains("at most 1500000000"))
    #expect(try workspace.run("check precision --ranks 256 --tokens 1M").code == 64)
  }

  @Test("The CPU kernels are held to their bounds, measured, stored with the machine, and refused without OpenBLAS")
  func kernels() throws {
    struct Kernels: Decodable {
      struct Rate: Decodable {
        let provenance: String
        let median: Double
        let least: Double
        let most: Double
        let repeats: Int
        let limitMedian: Double
      }
      let passed: Bool
      let machine: [String]
      let rates: [Rate]?
    }
    let workspace = try Workspace()
    let command = "check kernels --seed 2 --tokens 5,130 --batch 1 --jobs 2"
    let run = try workspace.run(command + " --database k.sqlite --rates --rate-tokens 300 --repeats 2")
    #expect(run.code == 0, "\(run.errors)")
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    #expect(run.output.contains("residuals are within their bounds.") && run.output.contains("measured on this CPU"))
    let stored = try workspace.run(
      ["results", "sql", "--csv", "--database", "k.sqlite"]
        + ["SELECT count(*), min(provenance), max(provenance) FROM metric WHERE name LIKE '%rate%'"])
    #expect(stored.lines.dropFirst().first == "28,measured,measured")
    let document = try workspace.run(command + " --no-store --json").json(Kernels.self)
    #expect(document.passed && document.rates == nil && document.machine.contains { $0.hasPrefix("OpenBLAS: ") })
    let missing = try workspace.run(command + " --no-store --openblas nowhere.so")
    #expect(missing.code == 69)
    #expect(missing.errors.contains("./nowhere.so") && missing.errors.contains("apt-get install libopenblas0"))
    #expect(try workspace.run("check kernels --batch 0").code == 64)
    #expect(try workspace.run("check kernels --repeats 0").code == 64)
  }

  @Test("JSON has the same rows, and another seed other numbers")
  func json() throws {
    let workspace = try Workspace()
    let document = try workspace.run(Self.small + " --no-store --json").json(Document.self)
    #expect(document.check == "theory" && document.passed && document.residuals.count == 21)
    for row in document.residuals {
      #expect(row.passed && row.residual <= row.bound && row.bound > 0, "\(row.name)")
      #expect(!row.boundSource.isEmpty)
      #expect(row.reproduction == "treeline \(Self.small)")
    }
    let other = try workspace.run("check theory --seed 6 --heads 2 --tokens 12 --head-dim 3 --no-store --json")
      .json(Document.self)
    #expect(other.residuals.map(\.name) == document.residuals.map(\.name))
    #expect(other.residuals.map(\.bound) != document.residuals.map(\.bound))
  }

  @Test("A check is stored with its seed, its sizes and every residual")
  func stored() throws {
    let workspace = try Workspace()
    #expect(try workspace.run(Self.small + " --database checks.sqlite").code == 0)
    let rows = try workspace.run([
      "results", "sql", "--csv", "--database", "checks.sqlite",
      """
      SELECT run.kind, run.seed, run.tokens, result.options, count(*), metric.provenance FROM run
      JOIN result ON result.run_id = run.id JOIN metric ON metric.result_id = result.id
      """,
    ])
    #expect(rows.lines[1] == "check,5,12,heads=2 head-dim=3,43,computed")
    let shown = try workspace.run("results show 1 --database checks.sqlite")
    #expect(shown.output.contains("residuals past their bounds"))
    #expect(try workspace.run("results list --database checks.sqlite").code == 0)
  }

  @Test(
    "Sizes that make no check are refused with what is expected",
    arguments: [
      ("--heads 0", "--heads: found 0, expected 1 or more"), ("--tokens -3", "--tokens: found -3"),
      ("--head-dim 0", "--head-dim: found 0"), ("--tokens 100000", "of at most 4000000000"),
      ("--tokens 9223372036854775807", "of at most 4000000000"),
    ])
  func refused(options: String, message: String) throws {
    let workspace = try Workspace()
    let words = options.split(separator: " ")
    let run = try workspace.run(["check", "theory", "\(words[0])=\(words[1])"])
    #expect(run.code == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(try workspace.contents().isEmpty)
  }

  @Test("A picture is written through a link, and a folder is no place for it")
  func pictures() throws {
    let workspace = try Workspace()
    let real = workspace.folder.appendingPathComponent("real.json")
    let link = workspace.folder.appendingPathComponent("link.json").path
    try Data().write(to: real)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: real.path)
    let check = "check precision --ranks 1 --tokens 8 --seeds 1 --heads 1 --no-store --plot"
    #expect(try workspace.run("\(check) link.json").code == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == real.path)
    #expect(try Data(contentsOf: real).isEmpty == false)
    let refused = try workspace.run("\(check) .")
    #expect(refused.code == 73 && refused.errors.contains("--plot .: can't write: it is a folder"))
  }
}
