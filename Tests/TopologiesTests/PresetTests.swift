import Configuration
import Devices
import Foundation
import Quantities
import Testing
import Topologies

/// Every topology that ships with Treeline.
@Suite struct PresetTests {
  /// A preset and what it must hold.
  struct Preset: CustomTestStringConvertible {
    var name: String
    var ranks: Int
    var nodes: Int
    var switches = 0
    var nics = 0
    var testDescription: String { name }
  }

  static let presets: [Preset] = [
    Preset(name: "dgx-h100-1", ranks: 8, nodes: 1, switches: 1),
    Preset(name: "dgx-h100-2", ranks: 16, nodes: 2, switches: 2 + 8 + 2),
    Preset(name: "dgx-h100-16", ranks: 128, nodes: 16, switches: 16 + 8 + 16),
    Preset(name: "dgx-a100-1", ranks: 8, nodes: 1, switches: 1),
    Preset(name: "dgx-a100-16", ranks: 128, nodes: 16, switches: 16 + 8 + 16),
    Preset(name: "dgx-h200-16", ranks: 128, nodes: 16, switches: 16 + 8 + 16),
    Preset(name: "dgx-b200-16", ranks: 128, nodes: 16, switches: 16 + 8 + 16),
    Preset(name: "gb200-nvl72", ranks: 72, nodes: 1, switches: 1),
    Preset(name: "mi300x-8", ranks: 8, nodes: 1),
    Preset(name: "mi300x-4", ranks: 4, nodes: 1),
    Preset(name: "rtx4090-pcie-2", ranks: 2, nodes: 1),
    Preset(name: "aws-p5", ranks: 128, nodes: 16, switches: 16 + 1),
    Preset(name: "aws-p4d", ranks: 128, nodes: 16, switches: 16 + 1, nics: 64),
    Preset(name: "gcp-a3-mega", ranks: 128, nodes: 16, switches: 16 + 8 + 16),
    Preset(name: "tree-fanout", ranks: 64, nodes: 64, switches: 16 + 4 + 1),
    Preset(name: "tpu-v5p-64", ranks: 64, nodes: 16),
    Preset(name: "asymmetric", ranks: 28, nodes: 5, switches: 3 + 3 + 4, nics: 6),
  ]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Topologies").standardized

  /// The device profiles that ship beside the presets; stubs where a file is absent.
  static let library = ProfileLibrary(names: stubLibrary.names) { name throws(ConfigurationError) in
    let file = folder.appendingPathComponent("devices/\(name).yaml")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return try stubLibrary.profile(named: name) }
    return try DeviceProfile(document: try Document(yaml: text, file: file.lastPathComponent))
  }

  static func read(_ name: String) throws -> Topology {
    let text = try String(contentsOf: folder.appendingPathComponent(name + ".yaml"), encoding: .utf8)
    return try Topology(document: try Document(yaml: text, file: name + ".yaml"), profiles: library)
  }

  @Test(arguments: presets) func isAsDescribed(_ preset: Preset) throws {
    let topology = try Self.read(preset.name)
    #expect(topology.name == preset.name)
    #expect(!topology.summary.isEmpty)
    #expect(topology.deviceCount == preset.ranks)
    #expect(topology.nodeCount == preset.nodes)
    #expect(topology.count(.switch) == preset.switches)
    #expect(topology.count(.nic) == preset.nics)
    for source in 0..<preset.ranks {
      for destination in 0..<preset.ranks where destination != source {
        let route = try #require(topology.route(from: source, to: destination))
        #expect(topology.fault(route.links, from: source, to: destination, relays: 1) == nil)
        #expect(route.bandwidth > .zero && route.latency > .zero)
      }
    }
    #expect(TopologyDrawing(topology).lines.allSatisfy { $0.count <= 100 })
    #expect(try #require(BisectionBandwidth(topology).bandwidth) > .zero)
  }

  @Test func everyFileIsTested() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(Set(files) == Set(Self.presets.map { $0.name + ".yaml" }))
  }

  @Test(arguments: presets) func everyFigureHasItsSource(_ preset: Preset) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(preset.name + ".yaml"), encoding: .utf8)
    for line in text.split(separator: "\n") {
      let figures = ["bandwidth:", "latency:", "message-overhead:", "efficiency:"]
      guard figures.contains(where: { line.drop { $0 == " " }.hasPrefix($0) }) else { continue }
      #expect(line.contains(" # "), "\(line)")
    }
  }

  @Test func thePapersClusterHasItsRates() throws {
    let topology = try Self.read("dgx-h100-16")
    let classes = Dictionary(uniqueKeysWithValues: topology.graph.linkClasses.map { ($0.name, $0.bandwidth) })
    #expect(classes["nvlink4"] == BytesPerSecond(450e9))
    #expect(classes["ndr"] == BytesPerSecond(50e9))
    #expect(topology.route(from: 0, to: 8)?.links.count == 2)
  }

  @Test func nvl72IsOneDomain() throws {
    #expect(TopologyCounts(try Self.read("gb200-nvl72")).switchChips == 18)
    #expect(TopologyCounts(try Self.read("dgx-h100-1")).switchChips == 4)
  }
}
