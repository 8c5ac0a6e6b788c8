import Configuration
import Testing

@testable import Experiments

@Suite struct OverrideTests {
  @Test(
    "An override is a path of the topology or the model, and a value",
    arguments: [
      ("links.ndr.bandwidth=800Gb/s", Override.Target.topology, "links.ndr.bandwidth", "800Gb/s"),
      ("topology.name=x", .topology, "name", "x"), ("model.layers=40", .model, "layers", "40"),
      (" model.attention.heads = 8 ", .model, "attention.heads", "8"), ("name=a=b", .topology, "name", "a=b"),
      ("name=", .topology, "name", ""), ("fabric.levels[1].up=3", .topology, "fabric.levels[1].up", "3"),
      ("models.x=1", .topology, "models.x", "1"),
      ("fabric={kind: ring, link: ndr}", .topology, "fabric", "{kind: ring, link: ndr}"),
    ])
  func parsing(text: String, target: Override.Target, path: String, value: String) throws {
    let change = try Override(parsing: text)
    #expect(change.target == target)
    #expect(change.path == path)
    #expect(change.value == value)
    #expect(try Override(parsing: change.description) == change)
  }

  @Test("A text without a path or a value is refused", arguments: ["", "=", "=3", "links", "links.ndr.bandwidth"])
  func refuses(text: String) {
    let error = configurationError { try Override(parsing: text) }
    #expect(error?.file == "--set")
    #expect(error?.message.contains("PATH=VALUE") == true)
  }

  @Test("Blame falls on the last override of the field, of what is around it, or of what is below it")
  func blame() throws {
    let changes = try ["links.a.bandwidth=1", "links.a.latency=2", "links={a: 3}", "links.a.latncy=4", "nodes.n=5"].map
    {
      try Override(parsing: $0)
    }
    func file(_ path: String, _ message: String = "found", line: Int? = nil, among count: Int = 5) -> String {
      let error = ConfigurationError(file: "f.yaml", line: line, path: path, message: message)
      return Override.blame(error, among: Array(changes.prefix(count))).file
    }
    #expect(file("links.a.bandwidth", among: 2) == "--set links.a.bandwidth=1")
    // The whole of links was replaced after its bandwidth was set.
    #expect(file("links.a.bandwidth") == "--set links={a: 3}")
    #expect(file("links.a", "unknown key 'latncy'", among: 2) == "--set links.a.latency=2")
    #expect(file("nodes.n.count") == "--set nodes.n=5")
    #expect(file("nodes", "unknown key 'n'") == "--set nodes.n=5")
    #expect(file("", "unknown key 'nodes'") == "--set nodes.n=5")
    // An error with a line stands in the file; one at a field that nobody changed too.
    #expect(file("links.a.bandwidth", line: 3) == "f.yaml")
    #expect(file("fabric.kind") == "f.yaml")
    // linksX is not below links.
    #expect(file("linksX") == "f.yaml")
    let sum = ConfigurationError(file: "f.yaml", line: 3, path: "nodes", message: "too many")
    #expect(Override.blame(sum, among: changes).message == "too many (with --set nodes.n=5)")
  }
}
