import Foundation
import Testing

/// `treeline topology import`, from a file to a simulated step.
@Suite struct ImportTests {
  private static let fixtures = Repository.root.appendingPathComponent("Tests/MachinesTests/Fixtures").path

  @Test("What is imported can be simulated at once")
  func importAndSimulate() throws {
    let workspace = try Workspace()
    let written = try workspace.run([
      "topology", "import", "\(Self.fixtures)/dgx-h100.xml", "--nodes", "2", "--output", "box.yaml",
    ])
    #expect(written.code == 0)
    #expect(written.output == "Wrote box.yaml: 16 x h100-sxm\n")
    let step = try workspace.run("simulate --topology box.yaml --tokens 64k --no-store --json")
    #expect(step.code == 0, "\(step.errors)")
  }

  @Test("The file that is read is never written over, and a link is written through", .timeLimit(.minutes(5)))
  func outputs() throws {
    let workspace = try Workspace()
    let files = FileManager.default
    func path(_ name: String) -> String { workspace.folder.appendingPathComponent(name).path }
    try files.copyItem(atPath: "\(Self.fixtures)/dgx-h100.xml", toPath: path("box.xml"))
    let before = files.contents(atPath: path("box.xml"))
    #expect(try workspace.run("topology import box.xml --output ./box.xml").code == 64)
    #expect(files.contents(atPath: path("box.xml")) == before)
    try Data().write(to: workspace.folder.appendingPathComponent("real.yaml"))
    try files.createSymbolicLink(atPath: path("link.yaml"), withDestinationPath: path("real.yaml"))
    #expect(try workspace.run("topology import box.xml --output link.yaml").code == 0)
    #expect(try files.destinationOfSymbolicLink(atPath: path("link.yaml")) == path("real.yaml"))
    #expect(files.contents(atPath: path("real.yaml"))?.isEmpty == false)
  }

  @Test("A pipe that nobody writes to is refused, not waited for", .timeLimit(.minutes(5)))
  func pipe() throws {
    let workspace = try Workspace()
    let maker = Process()
    maker.executableURL = URL(fileURLWithPath: "/usr/bin/mkfifo")
    maker.arguments = [workspace.folder.appendingPathComponent("pipe.yaml").path]
    try maker.run()
    maker.waitUntilExit()
    for command in ["topology import pipe.yaml --device h100-sxm", "topology show pipe.yaml"] {
      let run = try workspace.run(command)
      #expect(run.code == 66 && run.errors.contains("is no file"), "\(run.errors)")
    }
  }

  @Test(
    "What a file leaves open is asked for by name, with its exit code",
    arguments: [
      ("dgx-a100.txt", "", 64, "names no GPU model; --device names a device profile, such as"),
      ("dgx-a100.txt", "--device h100-sx", 66, "did you mean 'h100-sxm'?"),
      ("dgx-a100.txt", "--device a100-sxm-80gb --nodes 2", 64, "--nic-bandwidth gives the rate of one"),
      ("dual-rtx4090.txt", "--device rtx4090 --nodes 2", 64, "--nodes: found 2, but the machine has no NIC"),
      ("dgx-h100.xml", "--nvlinks 18", 64, "tells the links between GPUs already"),
      ("dgx-h100.xml", "--nvlink-bandwidth 25", 64, "--nvlink-bandwidth: "),
      ("dgx-h100.xml", "--output /nowhere/box.yaml", 73, "--output /nowhere/box.yaml: can't write"),
      ("README.md", "--device h100-sxm", 65, "found no matrix"),
      ("none.xml", "", 66, "none.xml"),
    ])
  func errors(file: String, options: String, status: Int, message: String) throws {
    let workspace = try Workspace()
    let run = try workspace.run(
      ["topology", "import", "\(Self.fixtures)/\(file)"] + options.split(separator: " ").map { String($0) })
    #expect(run.code == Int32(status))
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.output.isEmpty)
  }
}
