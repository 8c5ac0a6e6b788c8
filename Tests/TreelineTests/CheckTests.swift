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
    #expect(try workspace.run("check precision --ranks 8 --tokens 4").code == 64)
    #expect(try workspace.run("check precision --ranks 256 --tokens 1M").code == 64)
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
}
