import Foundation
import GRDB
import Testing

/// What `treeline explain` does with stored runs and its options.
@Suite struct ExplainTests {
  private static func workspace(_ options: String = "") throws -> Workspace {
    let workspace = try Workspace()
    let run = try workspace.run("simulate --topology rtx4090-pcie-2 --tokens 8k " + options)
    try #require(run.code == 0, "\(run.errors)")
    return workspace
  }

  private static func edit(_ workspace: Workspace, _ sql: String) throws {
    let queue = try DatabaseQueue(path: workspace.folder.appendingPathComponent("treeline.sqlite").path)
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
    try queue.close()
  }

  private static let forgetOptions =
    "DELETE FROM run_input WHERE hash IN (SELECT hash FROM input WHERE kind = 'options')"

  private struct Explanation: Decodable {
    struct Algorithm: Decodable {
      struct Links: Decodable {
        let bytes: [Double]
        let meanUtilization: [Double]
      }
      struct Row: Decodable {
        let figure: String
        let of: String?
        let factor: Double
        let change: Double
        let hidden: String?
      }
      struct Step: Decodable {
        let seconds: Double
      }
      let algorithm: String
      let options: String
      let storedStepSeconds: Double
      let stepSeconds: Double
      let isEqual: Bool
      let criticalPath: [Step]
      let links: [Links]
      let sensitivities: [Row]
    }
    let run: Int
    let betterBy: Double
    let algorithms: [Algorithm]
  }

  @Test(
    "Every kind of options is run again to the bit, from the database and, where it is old, from its command line",
    arguments: [
      "", "--all-reduces 1 --collective halving-doubling --partial-dtype fp32", "--hops p --no-overlap",
      "--ring-heads query --keep-home-shard --heads 8 --kv-heads 2 --head-dim 64 --layers 3",
      "--dtype fp8 --batch 3 --all-reduces 2 --collective hierarchical(ring,two-shot) --gpus 2",
      "--set links.pcie4.latency=3us --set devices.rtx4090.memory.bandwidth=0.9TB/s --seed 5",
    ])
  func exactness(_ options: String) throws {
    let workspace = try Self.workspace("-a tree,ring,all-gather,single " + options)
    let explained = try workspace.run("explain 1 --json --bins 7")
    #expect(explained.code == 0, "\(explained.errors)")
    let explanation: Explanation = try explained.json()
    #expect(explanation.run == 1 && explanation.betterBy == 0.1)
    #expect(explanation.algorithms.map(\.algorithm) == ["tree", "ring", "all-gather", "single"])
    for algorithm in explanation.algorithms {
      #expect(algorithm.isEqual && algorithm.storedStepSeconds == algorithm.stepSeconds)
      let path = algorithm.criticalPath.reduce(0) { $0 + $1.seconds }
      #expect(abs(path - algorithm.stepSeconds) <= 1e-9 * path)
      #expect(algorithm.links.allSatisfy { $0.bytes.count == 7 && $0.meanUtilization.count == 7 })
      #expect(algorithm.sensitivities.allSatisfy { ($0.hidden != nil) == (abs($0.change) <= 1e-9) })
    }
    try Self.edit(workspace, Self.forgetOptions)
    #expect(try workspace.run("explain 1 --json --bins 7").output == explained.output)
  }

  @Test("Nothing is written")
  func readsOnly() throws {
    let workspace = try Self.workspace()
    let before = try Data(contentsOf: workspace.folder.appendingPathComponent("treeline.sqlite"))
    #expect(try workspace.run("explain 1").code == 0)
    #expect(try Data(contentsOf: workspace.folder.appendingPathComponent("treeline.sqlite")) == before)
    // SQLite may leave its log and index beside the file.
    for name in try workspace.contents().keys { #expect(name.hasPrefix("treeline.sqlite"), "\(name)") }
  }

  @Test("A run that comes out differently is said to, with by how much")
  func differs() throws {
    let workspace = try Self.workspace("-a tree")
    try Self.edit(
      workspace,
      """
      UPDATE metric SET value = value * 1.25 WHERE name = 'step time' AND provenance = 'simulated';
      UPDATE run SET treeline_version = '0.0.9';
      UPDATE result SET options = '3 all-reduces, carrier pigeon';
      """)
    let text = try workspace.run("explain 1").output.replacing("\n", with: " ")
    #expect(text.contains("DIFFERS from what is stored"))
    #expect(text.contains("treeline 0.0.9"))
    #expect(text.contains("-20 %"))
    #expect(text.contains("carrier pigeon"))
    #expect(try workspace.run("explain 1 --json").json(Explanation.self).algorithms[0].isEqual == false)
  }

  @Test("A better figure is what --set would make of it")
  func sameAsSet() throws {
    let workspace = try Self.workspace("-a ring")
    let explanation: Explanation = try workspace.run("explain 1 --json --by 50%").json()
    #expect(try workspace.run("explain 1 --json --by 0.5").output == workspace.run("explain 1 --json --by 50%").output)
    let row = try #require(
      explanation.algorithms[0].sensitivities.first { $0.figure == "memory bandwidth" && $0.of == "rtx4090" })
    #expect(row.factor == 1.5)
    // 1.5 times the 1008 GB/s of the profile.
    let step = "simulate --topology rtx4090-pcie-2 --tokens 8k -a ring --set devices.rtx4090.memory.bandwidth=1512GB/s"
    #expect(try workspace.run(step).code == 0)
    let other: Explanation = try workspace.run("explain 2 --json").json()
    let change = other.algorithms[0].stepSeconds / explanation.algorithms[0].stepSeconds - 1
    #expect(row.change == change)
  }

  @Test(
    "Wrong options and runs that can't be explained end with their codes, one line on standard error",
    arguments: [
      ("explain 2", 66, "no run 2"), ("explain 0", 66, "no run 0"),
      ("explain 1 --by 10", 64, "from 0.0001 to 0.99, such as 0.1 or 10%"),
      ("explain 1 --by x", 64, "such as 0.1 or 10%"),
      ("explain 1 --by 0%", 64, "--by"), ("explain 1 --by 100%", 64, "--by"),
      ("explain 1 --by nan%", 64, "--by"), ("explain 1 --bins 0", 64, "--bins"), ("explain 1 --bins 61", 64, "1 to 60"),
      ("explain 1 --bins 1001 --json", 64, "1 to 1000"), ("explain 1 -a tre", 64, "did you mean 'tree'?"),
      ("explain 1 -a single", 64, "no algorithm in run 1 'single'"), ("explain 1 -a tree,", 64, "--algorithm"),
      ("explain 1 --database none.sqlite", 66, "none.sqlite"),
    ])
  func codes(line: String, code: Int32, fragment: String) throws {
    let run = try Self.workspace().run(line)
    #expect(run.code == code)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("treeline: error: ") && run.errors.contains(fragment), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test(
    "A stored run that holds too little or what nobody knows is bad data",
    arguments: [
      (forgetOptions + "; UPDATE run SET command = 'treeline simulate --carrots 3'", "holds no options"),
      (forgetOptions + "; UPDATE run SET command = 'treeline simulate ''open'", "holds no options"),
      ("UPDATE run SET kind = 'sweep'", "'sweep'"), ("UPDATE run SET tokens = NULL", "its tokens is missing"),
      ("UPDATE run SET world_size = 3", "run 1 can't be simulated: world_size: found 3, expected 1 to 2"),
      ("UPDATE run SET batch = 0", "run 1 can't be simulated: batch: found 0"),
      ("UPDATE run SET dtype = 'fp7'", "run 1 can't be simulated: dtype: no data type 'fp7'"),
      ("UPDATE input SET kind = 'weather' WHERE kind = 'options'", "'weather'"),
      ("UPDATE input SET text = text || ' ' WHERE kind = 'options'", "run 1 holds a changed options"),
      ("UPDATE input SET text = 'name: x' WHERE kind = 'topology'", "run 1 holds a changed topology"),
      ("UPDATE input SET text = 'name: x' WHERE kind = 'model'", "run 1 holds a changed model"),
      ("UPDATE result SET algorithm = 'pigeon'", "algorithm"),
    ])
  func badRuns(sql: String, fragment: String) throws {
    let workspace = try Self.workspace()
    try Self.edit(workspace, sql)
    for command in ["explain 1", "results repeat 1"] {
      let run = try workspace.run(command)
      #expect(run.code == 65, "\(run.errors)")
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("treeline: error: ") && run.errors.contains(fragment), "\(run.errors)")
    }
  }

  @Test("--full has a line for every stretch, --algorithm leaves the others out")
  func choices() throws {
    let workspace = try Self.workspace("--batch 2")
    let ring = try workspace.run("explain 1 -a ring").output
    #expect(ring.contains("ring: ") && !ring.contains("tree: "))
    let (short, full) = (try workspace.run("explain 1 -a tree"), try workspace.run("explain 1 -a tree --full"))
    #expect(full.lines.count > short.lines.count)
    #expect(short.output.contains("--full") && !full.output.contains("--full"))
  }
}
