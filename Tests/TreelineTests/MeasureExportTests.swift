import Foundation
import Testing

/// What `--export` of `treeline measure` keeps, refuses and warns of, on the emulation of several devices.
@Suite(.enabled(if: EmulatedDevice.isBuilt, "\(EmulatedDevice.reason)")) struct MeasureExportTests {
  private static let links = "link --sizes 16B,16MB --repeats 6 --no-store --export machine"
  private static let kernels = "kernel --parts launch,memory --sizes 16kB,512kB --repeats 6 --no-store --export machine"
  private static let device = "device --no-store --export machine"

  private func measure(_ workspace: Workspace, _ line: String, devices: Int = 2, memory: Int = 80) throws -> CommandRun
  {
    try EmulatedDevice.install(
      in: workspace, ["devices \(devices)", "links 18", "pci-device 0x2330", "drift 0", "memory \(memory)"])
    // Compilers and kernels are for what launches alone.
    let options = line.hasPrefix("link") ? ["--libraries", "driver"] : EmulatedDevice.options
    return try workspace.run(["measure"] + line.split(separator: " ").map(String.init) + options)
  }

  private func text(_ workspace: Workspace, _ name: String) throws -> String {
    try String(contentsOf: workspace.folder.appendingPathComponent("machine/" + name), encoding: .utf8)
  }

  private static let ratesStay = "device.yaml keeps the rates that were measured earlier"
  private static let linksStay = "topology.yaml keeps the links that were measured earlier"

  @Test("Reading the devices again keeps what was measured of them, and says so")
  func readingKeeps() throws {
    let workspace = try Workspace()
    for line in [Self.links, Self.kernels] {
      let run = try measure(workspace, line)
      #expect(run.code == 0, "\(run.errors)")
    }
    let before = try workspace.contents().filter { $0.key.hasPrefix("machine/") }
    #expect(before.count == 2)
    let run = try measure(workspace, Self.device)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains(Self.ratesStay) && run.errors.contains(Self.linksStay), "\(run.errors)")
    #expect(try workspace.contents().filter { $0.key.hasPrefix("machine/") } == before)
  }

  @Test("What was measured on another machine is not kept for this one, which a warning says")
  func otherMachine() throws {
    let workspace = try Workspace()
    for line in [Self.links, Self.kernels] { #expect(try measure(workspace, line).code == 0) }
    let run = try measure(workspace, Self.kernels, devices: 3)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("topology.yaml had links that were measured on another machine"), "\(run.errors)")
    let topology = try text(workspace, "topology.yaml")
    #expect(topology.contains("count: 3}") && !topology.contains("copies of 16 MB one way"))
    // The same machine with devices of another memory.
    let other = try measure(workspace, Self.device, devices: 3, memory: 96)
    #expect(other.code == 0, "\(other.errors)")
    #expect(other.errors.contains("device.yaml had rates that were measured on another device"), "\(other.errors)")
    #expect(try !text(workspace, "device.yaml").contains("# emulated: reading"))
    // Nothing was measured any more, so that there is nothing to say.
    #expect(try !measure(workspace, Self.device).errors.contains("warning"))
  }

  @Test(
    "An empty folder, which a shell makes of an unset variable, is no folder", arguments: ["device", "link", "kernel"])
  func emptyFolder(part: String) throws {
    let workspace = try Workspace()
    try EmulatedDevice.install(in: workspace, ["devices 0"])
    let run = try workspace.run(["measure", part, "--export", "", "--libraries", "driver"])
    #expect(run.code == 64, "\(run.errors)")
    #expect(run.errors.contains("--export: found '', expected the path of a folder"), "\(run.errors)")
  }

  @Test(
    "A file that can't be written, or that is somebody's own, is found before anything is measured",
    arguments: [
      ("machine/topology.yaml", nil, "it is a folder"),
      ("machine/device.yaml", "name: mine\nmemory: {}\n", "there is a file that Treeline did not write"),
      ("machine/topology.yaml", "# my cluster\nname: mine\n", "there is a file that Treeline did not write"),
      ("machine/topology.yaml", "\u{FFFF}", "there is a file that can't be read as text"),
      ("machine", "a file", "is no folder"),
    ] as [(String, String?, String)])
  func refuses(path: String, content: String?, message: String) throws {
    for line in [Self.device, Self.links, Self.kernels] {
      let workspace = try Workspace()
      let target = workspace.folder.appendingPathComponent(path)
      if let content {
        try FileManager.default.createDirectory(
          at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try (content == "\u{FFFF}" ? Data([0xFF, 0xFE, 0xFF]) : Data(content.utf8)).write(to: target)
      } else {
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      }
      let before = try workspace.contents()
      // No device is there: what is wrong with the folder comes first.
      let run = try measure(workspace, line, devices: 0)
      #expect(run.code == 73, "\(run.errors)")
      #expect(run.errors.contains("--export: machine/") && run.errors.contains(message), "\(run.errors)")
      let after = try workspace.contents().filter { !$0.key.hasPrefix("driver") }
      #expect(after == before)
    }
  }

  @Test("Files without content are written over, and so are those of before")
  func writesOver() throws {
    let workspace = try Workspace()
    try FileManager.default.createDirectory(
      at: workspace.folder.appendingPathComponent("machine"), withIntermediateDirectories: true)
    try workspace.write("", to: "machine/device.yaml")
    try workspace.write("\n", to: "machine/topology.yaml")
    for _ in 0..<2 {
      let run = try measure(workspace, Self.device)
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.errors.isEmpty)
      #expect(run.output.contains("Wrote machine/device.yaml and machine/topology.yaml"))
    }
  }
}
