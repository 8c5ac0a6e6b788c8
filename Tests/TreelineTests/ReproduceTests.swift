import Foundation
import Testing

/// `treeline reproduce`.
@Suite struct ReproduceTests {
  @Test("The paper's report, page and picture are as kept")
  func paper() throws {
    let workspace = try Workspace()
    let run = try workspace.run("reproduce tree-attention --no-store --page README.md --plot speed-up.vl.json")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    for line in run.lines { #expect(line.count <= WidthTests.widest, "\(line)") }
    try GoldenFile.check(run.output, against: "reproduce")
    for name in ["README.md", "speed-up.vl.json"] {
      let kept = Repository.root.appendingPathComponent("Experiments/paper/\(name)")
      let written = try Data(contentsOf: workspace.folder.appendingPathComponent(name))
      #expect(
        try Data(contentsOf: kept) == written,
        "Experiments/paper/\(name) is not what the command writes: run it with --page and --plot there")
    }
  }

  @Test("A stored run has every figure with its provenance, and does not depend on --jobs")
  func storedRun() throws {
    struct Document: Decodable {
      struct Experiment: Decodable {
        struct Figure: Decodable {
          let name: String
          let value: Double
          let provenance: String
        }
        let goalMet: Bool?
        let figures: [Figure]
        let doubts: [String]
      }
      let run: Int?
      let experiments: [Experiment]
    }
    let workspace = try Workspace()
    let run = try workspace.run("reproduce mi300x-4 --json --jobs 1")
    let document: Document = try run.json()
    #expect(document.run == 1)
    let experiment = try #require(document.experiments.first)
    #expect(experiment.goalMet == true)
    #expect(!experiment.doubts.isEmpty)
    let bandwidth = try #require(experiment.figures.first { $0.name == "hop bandwidth" })
    #expect(bandwidth.provenance == "fitted")
    let again = try Workspace().run("reproduce mi300x-4 --json --jobs 3")
    #expect(again.output == run.output)
    let rows = try workspace.run([
      "results", "sql", "--csv",
      "SELECT run.kind, provenance, count(*) AS n FROM metric JOIN result ON result.id = metric.result_id "
        + "JOIN run ON run.id = result.run_id GROUP BY provenance ORDER BY provenance",
    ])
    let provenances = rows.lines.dropFirst().filter { !$0.isEmpty }.map { $0.split(separator: ",").map(String.init) }
    #expect(provenances.allSatisfy { $0[0] == "reproduce" })
    #expect(provenances.map { $0[1] } == ["assumed", "closed form", "fitted", "published", "simulated"])
    #expect(provenances.compactMap { Int($0[2]) }.reduce(0, +) == experiment.figures.count)
    #expect(try workspace.run("results show 1").code == 0)
  }

  @Test("What is wrong is told, with an exit code, and nothing is stored")
  func badInput() throws {
    let workspace = try Workspace()
    let text = try String(
      contentsOf: Repository.root.appendingPathComponent("Experiments/paper/mi300x-4.yaml"), encoding: .utf8)
    try workspace.write(text.replacing("links: [xgmi]", with: "links: [xgm]"), to: "link.yaml")
    try workspace.write("name: x\ntitle: x\nsource: x\nexperiments: [mi300x-5]\n", to: "list.yaml")
    try workspace.write("name: x\ntitle: x\nsource: x\nexperiments: [mi300x-4, mi300x-4]\n", to: "twice.yaml")
    let cases: [(String, Int32, String)] = [
      ("reproduce tree-atention", 66, "did you mean 'tree-attention'?"),
      ("reproduce ./nothing.yaml", 66, "no such file"),
      ("reproduce link.yaml", 65, "link.yaml:11:11: ring.links[0]: no link class 'xgm'; did you mean 'xgmi'?"),
      ("reproduce list.yaml", 65, "list.yaml:4:15: experiments[0]: no experiment 'mi300x-5'; did you mean 'mi300x-4'?"),
      ("reproduce twice.yaml", 65, "the experiment 'mi300x-4' is there twice"),
      ("reproduce mi300x-4 --plot x.json", 64, "--plot: 'mi300x-4' has no figure of speed-ups"),
      ("reproduce mi300x-4 --page nowhere/x.md", 73, "--page nowhere/x.md: can't write"),
      ("reproduce mi300x-4 --page mi300x-4.yaml", 64, "which an experiment is called"),
      ("reproduce speed-up --page x.md --plot ./x.md", 64, "for both, expected a file each"),
      ("reproduce mi300x-4 --jobs 0", 64, "--jobs: found 0"), ("reproduce", 64, "Missing expected argument '<paper>'"),
    ]
    for (line, code, message) in cases {
      let run = try workspace.run(line)
      #expect(run.code == code, "\(line): \(run.errors)")
      #expect(run.errors.contains(message), "\(line): \(run.errors)")
      #expect(run.output.isEmpty)
      if workspace.holds("treeline.sqlite") {
        #expect(try workspace.run("results list").output.contains("reproduce") == false)
      }
    }
  }
}
