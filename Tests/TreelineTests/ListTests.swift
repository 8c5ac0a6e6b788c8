import Foundation
import Testing

/// Lists of what can be named, and what is shown of each.
@Suite struct ListTests {
  @Test("Every preset is listed, with its description, in all formats")
  func topologies() throws {
    struct Entry: Decodable {
      let name: String
      let devices: Int
      let description: String
    }
    let workspace = try Workspace()
    let names = try Repository.presets(in: "Topologies")
    let entries: [Entry] = try workspace.run("topology list --json").json()
    #expect(entries.map(\.name) == names)
    #expect(entries.allSatisfy { $0.devices >= 1 && !$0.description.isEmpty })
    #expect(entries.first { $0.name == "dgx-h100-16" }?.devices == 128)
    let rows = try workspace.run("topology list --csv").lines.dropLast().map(SimulateTests.cells)
    #expect(rows.first == ["name", "devices", "description"])
    #expect(rows.dropFirst().map { $0 } == entries.map { [$0.name, "\($0.devices)", $0.description] })
    let text = try workspace.run("topology list").lines.filter { $0.first != " " }
    #expect(text.dropLast().map { String($0.prefix { $0 != " " }) } == names)
  }

  @Test("Every model is listed, and shown as it reads back")
  func models() throws {
    struct Entry: Decodable {
      let name: String
      let layers: Int
    }
    let workspace = try Workspace()
    let names = try Repository.presets(in: "Experiments/models")
    let entries: [Entry] = try workspace.run("model list --json").json()
    #expect(entries.map(\.name) == names)
    for name in names {
      let shown = try workspace.run(["model", "show", name])
      #expect(shown.code == 0)
      try workspace.write(shown.output, to: "model.yaml")
      #expect(try workspace.run("model show ./model.yaml").output == shown.output)
    }
  }

  @Test("Every topology is shown as YAML that reads back the same", arguments: try Repository.presets(in: "Topologies"))
  func yaml(_ name: String) throws {
    let workspace = try Workspace()
    let shown = try workspace.run(["topology", "show", name, "--yaml"])
    try workspace.write(shown.output, to: "again.yaml")
    #expect(try workspace.run("topology show ./again.yaml --yaml").output == shown.output)
    #expect(
      try workspace.run("topology show ./again.yaml --json").output
        == workspace.run("topology show \(name) --json").output)
  }

  @Test("A preset of the working directory comes before one that ships")
  func workingDirectory() throws {
    let workspace = try Workspace()
    let folder = workspace.folder.appendingPathComponent("Topologies")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let shipped = try workspace.run("topology show rtx4090-pcie-2 --yaml").output
    try workspace.write(shipped.replacing("count: 2", with: "count: 4"), to: "Topologies/rtx4090-pcie-2.yaml")
    #expect(try workspace.run("topology check rtx4090-pcie-2").output == "rtx4090-pcie-2: ok, 4 devices in 1 node(s)\n")
    #expect(try workspace.run("model list").lines.count > 5)
  }
}
