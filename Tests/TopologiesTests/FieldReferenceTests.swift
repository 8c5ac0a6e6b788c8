import Configuration
import Foundation
import Testing
import Topologies

/// The field reference beside the presets says what the readers take.
@Suite struct FieldReferenceTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func reference() throws -> String {
    try String(contentsOf: root.appendingPathComponent("Topologies/README.md"), encoding: .utf8)
  }

  /// The keys of every list that a reader gives as `allowed:`, as they stand in the sources of a module.
  private static func keys(of module: String) throws -> Set<String> {
    let folder = root.appendingPathComponent("Sources/\(module)")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var keys: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for part in text.components(separatedBy: "allowed: [").dropFirst() {
        let list = part.prefix { $0 != "]" }
        keys.formUnion(list.split(separator: "\"").filter { $0.first?.isLetter == true }.map(String.init))
      }
    }
    return keys
  }

  @Test("Every field of topologies and devices is named", arguments: ["Topologies", "Devices"])
  func fields(module: String) throws {
    let reference = try Self.reference()
    let keys = try Self.keys(of: module)
    #expect(keys.count > 8)
    for key in keys.sorted() where key != "kind" {
      #expect(reference.contains("`\(key)`") || reference.contains("`\(key):"), "\(key)")
    }
  }

  @Test("The example is a topology")
  func example() throws {
    let reference = try Self.reference()
    let block = try #require(reference.components(separatedBy: "```yaml\n").dropFirst().first)
    let yaml = try #require(block.components(separatedBy: "```").first)
    let h100 = try ConfigurationLibrary(searchPaths: [Self.root.appendingPathComponent("Topologies/devices").path])
      .load("h100-sxm")
    var document = try Document(yaml: yaml, file: "README.md")
    try document.set("devices.h100-sxm", to: h100.root)
    let topology = try Topology(document: document, profiles: ProfileLibrary())
    #expect(topology.deviceCount == 16)
  }
}
