import Configuration
import Devices
import Foundation
import Quantities
import Testing
import Topologies

@testable import Machines

/// What is written of a machine must read as a topology in which every rank reaches every other.
@Suite("Machines as topology files") struct TopologyTests {
  static let profile = DeviceProfile(
    name: "gpu", title: "GPU", memory: Bytes(80_000_000_000), memoryBandwidth: BytesPerSecond(2e12),
    peak: [.bf16: FLOPsPerSecond(3e14)])

  static func topology(
    _ machine: Machine, device: String = "a100-sxm-80gb", nodes: Int = 1, nic: BytesPerSecond? = nil
  ) throws -> (Topology, String) {
    var description = MachineTopology(machine, name: "box", device: device, origin: "a test")
    description.nodes = nodes
    description.nicBandwidth = nic
    let text = try description.text()
    var profile = profile
    profile.name = device
    let topology = try Topology(document: try Document(yaml: text, file: "box"), profiles: ProfileLibrary([profile]))
    for rank in 0..<topology.deviceCount {
      for other in 0..<topology.deviceCount where other != rank {
        #expect(topology.route(from: rank, to: other) != nil, "\(rank) to \(other)")
      }
    }
    return (topology, text)
  }

  private func bandwidth(_ topology: Topology, _ from: Int, _ to: Int) throws -> Double {
    try #require(topology.route(from: from, to: to)).bandwidth.bytesPerSecond
  }

  @Test("Direct links to switches make a switch", arguments: [("dgx-a100.xml", 240e9), ("dgx-h100.xml", 370.8e9)])
  func switched(name: String, payload: Double) throws {
    let (topology, text) = try Self.topology(try Files.machine(name))
    #expect(text.contains("kind: switch"))
    #expect(abs(try bandwidth(topology, 0, 7) / payload - 1) < 1e-9)
  }

  @Test("More links to every other GPU than a GPU has mean a switch; as many as it has, a mesh")
  func matrix() throws {
    let (topology, text) = try Self.topology(try Files.machine("dgx-a100.txt"))
    #expect(text.contains("kind: switch"))
    #expect(abs(try bandwidth(topology, 0, 7) / 240e9 - 1) < 1e-9)
    let quad = """
          GPU0 GPU1 GPU2 GPU3
      GPU0 X NV4 NV4 NV4
      GPU1 NV4 X NV4 NV4
      GPU2 NV4 NV4 X NV4
      GPU3 NV4 NV4 NV4 X
      """
    let (mesh, written) = try Self.topology(try TopologyMatrixReader.read(quad, file: "quad"))
    #expect(written.contains("kind: full-mesh"))
    #expect(abs(try bandwidth(mesh, 0, 3) / 80e9 - 1) < 1e-9)
  }

  @Test("Without direct links messages climb the PCIe tree, and the sockets' link where they must")
  func pcie() throws {
    let (topology, text) = try Self.topology(try Files.machine("pcie-l40s-4gpu.xml"), device: "l40s")
    #expect(text.contains("kind: graph"))
    #expect(try #require(topology.route(from: 0, to: 1)).links.count == 2)
    #expect(try #require(topology.route(from: 0, to: 3)).links.count == 5)
    #expect(try bandwidth(topology, 0, 3) == 16e9)
  }

  @Test("Measured routes give each link class the median of what crosses it, the rest is said to be not measured")
  func measured() throws {
    func measured(
      _ machine: Machine, device: String = "a100-sxm-80gb", host: Bool = true, only: Set<Int>? = nil,
      _ rate: (Int, Int) -> Double
    ) throws -> (text: String, unmeasured: [String]) {
      let gpus = machine.gpus.indices.filter { only?.contains($0) ?? true }
      var routes = gpus.flatMap { from in
        gpus.filter { $0 != from }.map { to in
          MeasuredLinks.Route(
            from: from, to: to, bandwidth: BytesPerSecond(rate(from, to) * 1e9), latency: Seconds(3e-6))
        }
      }
      if host {
        routes += gpus.flatMap { gpu in
          [(Int?.none, Int?.some(gpu)), (gpu, nil)].map {
            MeasuredLinks.Route(from: $0.0, to: $0.1, bandwidth: BytesPerSecond(11e9), latency: Seconds(2e-6))
          }
        }
      }
      var description = MachineTopology(machine, name: "box", device: device, origin: "a test")
      description.measured = MeasuredLinks(
        routes: routes, largest: Bytes(256_000_000), smallest: Bytes(16), provenance: .measured)
      return try description.written()
    }
    func read(_ text: String, _ device: String = "a100-sxm-80gb") throws -> Topology {
      var profile = Self.profile
      profile.name = device
      return try Topology(document: try Document(yaml: text, file: "box"), profiles: ProfileLibrary([profile]))
    }
    // A switch: every message crosses two links, each with half of the latency.
    let switched = try measured(try Files.machine("dgx-a100.xml")) { 200 + Double(min($0, $1)) }
    #expect(switched.unmeasured.isEmpty)
    #expect(
      switched.text.contains(
        "bandwidth: 202 GB/s # measured: copies of 256 MB one way, median of 56 routes, 200 GB/s to 206 GB/s\n"),
      "\(switched.text)")
    #expect(
      switched.text.contains(
        "latency: 1.5 us # measured: copies of 16 B, over the 2 links that each crosses, median of 56 routes, 3 us to 3 us"
      ))
    #expect(switched.text.contains("efficiency: 1 # the bandwidth is one that was reached\n    provenance: measured\n"))
    #expect(
      switched.text.contains(
        "# From the host's pinned memory to a GPU, measured: 11 GB/s with 256 MB, median of 8 routes, 11 GB/s to 11 GB/s; "
          + "2 us with 16 B.\n"))
    let route = try #require(try read(switched.text).route(from: 0, to: 7))
    #expect(abs(route.latency.seconds / 3e-6 - 1) < 1e-9 && abs(route.bandwidth.bytesPerSecond / 202e9 - 1) < 1e-9)

    // PCIe: neighbours cross two links of one class; what lies between sockets binds the others.
    let machine = try Files.machine("pcie-l40s-4gpu.xml")
    let tree = try measured(machine, device: "l40s") { $0 / 2 == $1 / 2 ? 24 : 9 }
    #expect(tree.unmeasured == ["inter-socket"])
    let topology = try read(tree.text, "l40s")
    #expect(abs(try bandwidth(topology, 0, 1) / 24e9 - 1) < 1e-9, "\(tree.text)")
    #expect(abs(try bandwidth(topology, 0, 3) / 9e9 - 1) < 1e-9)
    #expect(abs(try #require(topology.route(from: 0, to: 1)).latency.seconds / 3e-6 - 1) < 1e-9)
    #expect(tree.text.contains("latency: 500 ns # assumed; not measured\n"))
    // One GPU of several: its copies with the host are all that tells of its links.
    let alone = try measured(machine, device: "l40s", only: [0]) { _, _ in 1 }
    #expect(alone.text.contains("bandwidth: 11 GB/s # measured: copies of 256 MB one way, median of 2 routes"))
    #expect(alone.text.contains("10 to 22 GB/s are usual; not measured"))
    #expect(alone.unmeasured == ["inter-socket"])
    // Nothing of the links: the data sheet's figures stay.
    let none = try measured(try Files.machine("dgx-a100.xml"), only: [2]) { _, _ in 1 }
    #expect(none.unmeasured == ["nvlink3-x12"])
    #expect(abs(try bandwidth(try read(none.text), 0, 7) / 240e9 - 1) < 1e-9)
    #expect(none.text.contains("provenance: assumed"))
  }

  @Test("Several nodes meet over their NICs, by rail where each GPU has a nearest one")
  func nodes() throws {
    let (topology, text) = try Self.topology(try Files.machine("hgx-h100-4nic.xml"), device: "h100-sxm", nodes: 2)
    #expect(text.contains("affinity: rail"))
    #expect(topology.deviceCount == 16)
    // The slot of the GPU is what a 400 Gb/s NIC is limited by: 16 lanes of 32 GT/s, 76 % of which carry payload.
    #expect(abs(try bandwidth(topology, 0, 8) / (63.0154e9 * 0.76) - 1) < 1e-9)
    #expect(throws: MachineTopologyError.noNICs(nodes: 2)) {
      try Self.topology(try Files.machine("dual-rtx4090.txt"), device: "rtx4090", nodes: 2)
    }
    let matrix = try Files.machine("dgx-a100.txt")
    #expect(throws: MachineTopologyError.unknownNICs(names: matrix.nics.map(\.name))) {
      try Self.topology(matrix, nodes: 2)
    }
    _ = try Self.topology(matrix, nodes: 2, nic: BytesPerSecond(25e9))
  }

  @Test("NVLinks of an unknown generation are an error, not a guess")
  func unknownGeneration() throws {
    #expect(throws: MachineTopologyError.unknownPeerLinks(device: "mystery")) {
      try Self.topology(try Files.machine("dgx-a100.txt"), device: "mystery")
    }
  }

  /// Real machines' files lie beside the project only where somebody has put them.
  @Test(
    "Real files read as topologies", .enabled(if: !Files.realNames.isEmpty, "no ../shared/data/topologies here"),
    arguments: Files.realNames)
  func realFiles(name: String) throws {
    let machine = try Files.machine(name, in: Files.real)
    let device = name.contains("titan") ? "titan-v" : name.contains("v100") ? "v100" : "h100-sxm"
    let (topology, text) = try Self.topology(machine, device: device)
    #expect(topology.deviceCount == (name.contains("2gpu") ? 2 : name.contains("ncv4") ? 4 : 8))
    switch name {
    case "nccl-oci-h100.xml":
      #expect(text.contains("kind: switch"))
      #expect(machine.nics.count == 8)
      #expect(machine.nics.allSatisfy { $0.bandwidth == BytesPerSecond(45e9) })
    case "nvidia-smi-v100-8gpu-hybrid-cube-mesh.txt":
      // Six links a GPU: one or two to each of four others, none to the three others, which PCIe reaches.
      for gpu in 0..<8 { #expect(machine.peerLinkCount(ofGPU: gpu) == 6) }
      #expect(try #require(topology.route(from: 0, to: 3)).links.count == 1)
      #expect(try #require(topology.route(from: 0, to: 5)).links.count == 3)
    case "nvidia-smi-b200-8gpu-8nic.txt":
      #expect(machine.nearestNICs(toGPU: 4) == [4, 5])
      #expect(try Self.topology(machine, device: "b200", nodes: 2, nic: BytesPerSecond(50e9)).1.contains("rail"))
    default: break
    }
  }
}
