import Configuration
import Foundation
import Quantities
import Testing
import Topologies

@testable import Experiments

@Suite struct ResolvedTopologyTests {
  private func resolve(_ name: String, _ overrides: String...) throws -> ResolvedTopology {
    try ResolvedTopology(name, from: Shipped.library, overrides: try overrides.map { try Override(parsing: $0) })
  }

  @Test("The text alone rebuilds the topology and its hash", arguments: Shipped.library.topologies.names())
  func textRebuilds(_ name: String) throws {
    let first = try resolve(name)
    let again = try ResolvedTopology(document: try Document(yaml: first.text, file: "again.yaml"))
    #expect(again.text == first.text)
    #expect(again.hash == first.hash)
    #expect(first.hash == ContentHash.sha256(first.text))
    #expect(again.topology.graph.links == first.topology.graph.links)
    #expect(again.topology.graph.linkClasses == first.topology.graph.linkClasses)
    #expect(again.topology.devices == first.topology.devices)
    #expect(again.topology.profiles == first.topology.profiles)
    #expect(again.topology.routingSeed == first.topology.routingSeed)
    let last = first.topology.deviceCount - 1
    for pair in [(0, last), (last, 0), (last / 2, 0)] {
      #expect(again.topology.route(from: pair.0, to: pair.1) == first.topology.route(from: pair.0, to: pair.1))
    }
  }

  @Test("No two presets have the same hash")
  func hashes() throws {
    let hashes = try Shipped.library.topologies.names().map { try resolve($0).hash }
    #expect(Set(hashes).count == hashes.count)
  }

  @Test("Overrides of links, of nodes and of devices take effect, and change the hash")
  func overrides() throws {
    let plain = try resolve("dgx-h100-2")
    let faster = try resolve("dgx-h100-2", "links.ndr.bandwidth=800Gb/s")
    #expect(faster.topology.graph.linkClasses.first { $0.name == "ndr" }?.bandwidth == BytesPerSecond(100e9))
    #expect(plain.topology.graph.linkClasses.first { $0.name == "ndr" }?.bandwidth == BytesPerSecond(50e9))
    let larger = try resolve("dgx-h100-2", "nodes.dgx.count=3")
    #expect(larger.topology.deviceCount == 24)
    let device = try resolve("dgx-h100-2", "devices.h100-sxm.memory.capacity=141GB")
    #expect(device.topology.profile(ofRank: 15).memory == Bytes(141_000_000_000))
    #expect(plain.topology.profile(ofRank: 15).memory == Bytes(80_000_000_000))
    #expect(Set([plain, faster, larger, device].map(\.hash)).count == 4)
    // The type is changed before profiles are put in, and their fields after.
    let both = try resolve("dgx-h100-2", "devices.h200-sxm.memory.capacity=1TB", "nodes.dgx.devices.type=h200-sxm")
    #expect(both.topology.profile(ofRank: 0).name == "h200-sxm")
    #expect(both.topology.profile(ofRank: 0).memory == Bytes(1_000_000_000_000))
    #expect(both.text.contains("h200-sxm:") && !both.text.contains("h100-sxm:"))
  }

  @Test("Overrides of the model are passed over")
  func modelOverrides() throws {
    #expect(try resolve("dgx-h100-1", "model.layers=3").hash == (try resolve("dgx-h100-1")).hash)
  }

  @Test("The order of overrides matters for one field, and for no others")
  func order() throws {
    let changes = ["links.ndr.bandwidth=800Gb/s", "devices.h100-sxm.launch-overhead=9us", "nodes.dgx.count=3"]
    let hash = try resolve("dgx-h100-2", changes[0], changes[1], changes[2]).hash
    #expect(try resolve("dgx-h100-2", changes[2], changes[1], changes[0]).hash == hash)
    #expect(try resolve("dgx-h100-2", changes[1], changes[0], changes[2]).hash == hash)
    let last = try resolve("dgx-h100-2", "nodes.dgx.count=5", changes[0], changes[1], changes[2])
    #expect(last.hash == hash)
    #expect(try resolve("dgx-h100-2", changes[2], "nodes.dgx.count=5").topology.deviceCount == 40)
  }

  @Test("A seed changes nothing but the seed, with and without routing settings in the file")
  func seed() throws {
    for name in ["dgx-h100-2", "rtx4090-pcie-2"] {
      let plain = try resolve(name)
      let seeded = try ResolvedTopology(name, from: Shipped.library, overrides: [Override(routingSeed: 77)])
      #expect(seeded.topology.routingSeed == 77)
      #expect(seeded.topology.graph.links == plain.topology.graph.links)
      if plain.text.contains("cross-rail") { #expect(seeded.text.contains("cross-rail")) }
      #expect(seeded.hash != plain.hash)
    }
    #expect(try resolve("dgx-h100-2").text.contains("cross-rail"), "this test needs a preset with routing settings")
    let error = configurationError {
      try ResolvedTopology("dgx-h100-1", from: Shipped.library, overrides: [Override(routingSeed: .max)])
    }
    #expect(error?.file == "--seed 18446744073709551615")
  }

  @Test(
    "What an override breaks is told of --set",
    arguments: [
      ("links.ndr.bandwidth=fast", "--set links.ndr.bandwidth=fast", "expected a rate"),
      ("links.ndr.bandwith=1GB/s", "--set links.ndr.bandwith=1GB/s", "did you mean 'bandwidth'?"),
      ("links.ndrr.bandwidth=1GB/s", "--set", "did you mean 'ndr'?"),
      ("nodes.dgx.devices.type=h100-smx", "--set nodes.dgx.devices.type=h100-smx", "did you mean 'h100-sxm'?"),
      ("devices.h100-sxm.memory.capacity=0", "--set devices.h100-sxm.memory.capacity=0", "found '0'"),
      ("devices.h100-sxn.memory.capacity=0", "--set", "did you mean 'h100-sxm'?"),
      ("fabric.kind=fat-tre", "--set fabric.kind=fat-tre", "did you mean 'fat-tree'?"),
    ])
  func blame(change: String, file: String, fragment: String) throws {
    let error = configurationError { try resolve("dgx-h100-2", change) }
    #expect(error?.file == file)
    #expect(error?.line == nil)
    #expect(error?.message.contains(fragment) == true, "\(String(describing: error))")
  }

  @Test("Folders of presets that don't exist are not searched, but for the first")
  func folders() {
    let root = Shipped.library.topologies.searchPaths[0].replacing("/Topologies", with: "")
    let library = InputLibrary(workingDirectory: "/nowhere", executable: root + "/.build/debug/treeline")
    #expect(library.topologies.searchPaths == ["/nowhere/Topologies", root + "/Topologies"])
    #expect(library.devices.searchPaths == ["/nowhere/Topologies/devices", root + "/Topologies/devices"])
    #expect(library.models.searchPaths == ["/nowhere/Experiments/models", root + "/Experiments/models"])
  }
}
