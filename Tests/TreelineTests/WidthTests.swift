import Foundation
import Testing

/// Text for people is at most 100 columns wide and plain. Only YAML and the rows of a query may be wider.
@Suite struct WidthTests {
  /// The most columns of a line.
  static let widest = 100

  private func check(_ run: CommandRun, _ arguments: [String]) {
    #expect(run.code == 0, "\(run.errors)")
    for line in run.lines {
      #expect(line.count <= Self.widest, "\(arguments.joined(separator: " ")): \(line)")
      #expect(line.last != " ", "a line ends in a space: \(arguments.joined(separator: " ")): \(line)")
    }
    let controls = run.output.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
    #expect(controls.isEmpty, "\(arguments.joined(separator: " "))")
  }

  @Test("Help is", arguments: [[]] + CommandList.help)
  func help(of command: [String]) throws {
    check(try Workspace().run(command + ["--help"]), command)
  }

  @Test("Lists and the schema are", arguments: ["topology list", "model list", "results sql --schema"])
  func lists(_ line: String) throws {
    check(try Workspace().run(line), [line])
  }

  @Test("Every topology is", arguments: try Repository.presets(in: "Topologies"))
  func topology(_ name: String) throws {
    let workspace = try Workspace()
    check(try workspace.run(["topology", "show", name]), ["topology", "show", name])
    check(try workspace.run(["topology", "check", name]), ["topology", "check", name])
    let ranks = try workspace.run(["topology", "show", name, "--json"]).json(Ranks.self).ranks
    for pair in [["0", "0"], ["0", "1"], ["0", "\(ranks - 1)"], ["\(ranks / 2)", "1"]] {
      check(try workspace.run(["topology", "path", name] + pair), ["topology", "path", name] + pair)
    }
  }

  private struct Ranks: Decodable {
    let ranks: Int
  }

  @Test(
    "A step and what is stored of it are, on every topology with every algorithm",
    arguments: try Repository.presets(in: "Topologies"))
  func simulation(on name: String) throws {
    let workspace = try Workspace()
    let note = "a note that is longer than the width of a terminal allows, with\nline breaks, \u{1B}[31mcolours and a "
    let commands = [
      ["simulate", "--topology", name, "--tokens", "123457", "--gpus", "2", "-a", "tree,ring,all-gather,single"],
      [
        "simulate", "--topology", name, "--tokens", "9k,12345678", "--gpus", "1,2", "-a", "ring,tree,single,all-gather",
        "--model", "deepseek-v3", "--note", note + String(repeating: "long", count: 40) + "word",
      ],
      ["results", "list"], ["results", "show", "1"], ["results", "show", "5"], ["results", "compare", "1", "5"],
      ["results", "compare", "1", "5", "--all"], ["results", "compare", "2", "2"],
      ["explain", "1", "--full"], ["explain", "5", "--bins", "60"], ["explain", "2", "--bins", "1"],
      [
        "simulate", "--topology", name, "--tokens", "123457", "--query-tokens", "all", "--gpus", "2", "-a",
        "tree,ring,all-gather,single",
      ],
      ["results", "list"], ["results", "show", "6"], ["explain", "6"],
    ]
    for arguments in commands { check(try workspace.run(arguments), arguments) }
  }

  @Test("A list of presets that can't be read is")
  func brokenPreset() throws {
    let workspace = try Workspace()
    for folder in ["Topologies", "Experiments/models"] {
      let parent = workspace.folder.appendingPathComponent(folder)
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try workspace.write("name: [\(String(repeating: "x, ", count: 60))", to: folder + "/broken.yaml")
    }
    for line in ["topology list", "model list"] {
      let run = try workspace.run(line)
      check(run, [line])
      #expect(run.output.contains("unreadable"))
    }
  }
}
