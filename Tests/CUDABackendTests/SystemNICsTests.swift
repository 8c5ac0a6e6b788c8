import Foundation
import Quantities
import TestSupport
import Testing

@testable import CUDABackend

/// A tree as the kernel mounts it on /sys, made of folders and links.
private struct KernelTree {
  let root = FileManager.default.temporaryDirectory.appendingPathComponent("treeline-sys-\(UUID().uuidString)")

  func write(_ text: String, to path: String) throws {
    let file = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  func link(_ path: String, to target: String) throws {
    let link = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: root.appendingPathComponent(target))
  }

  /// A PCI device below `devices`, found by its address too.
  func device(_ path: String, node: Int) throws {
    try write("\(node)\n", to: "devices/\(path)/numa_node")
    let bus = path.split(separator: "/").last.map { String($0) } ?? ""
    try link("bus/pci/devices/\(bus)", to: "devices/\(path)")
  }

  func fabric(_ name: String, of path: String, state: String, rate: String) throws {
    try write(state + "\n", to: "devices/\(path)/infiniband/\(name)/ports/1/state")
    try write(rate + "\n", to: "devices/\(path)/infiniband/\(name)/ports/1/rate")
    try link("class/infiniband/\(name)", to: "devices/\(path)/infiniband/\(name)")
    try link("devices/\(path)/infiniband/\(name)/device", to: "devices/\(path)")
  }

  func ethernet(_ name: String, of path: String, speed: String) throws {
    try write(speed + "\n", to: "devices/\(path)/net/\(name)/speed")
    try link("class/net/\(name)", to: "devices/\(path)/net/\(name)")
    try link("devices/\(path)/net/\(name)/device", to: "devices/\(path)")
  }
}

@Suite struct SystemNICsTests {
  // A switch with a GPU and a NIC; below the same root port another switch; another root port, root complex and node.
  private static let gpu = "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"
  private static let near = "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0/0000:04:00.0"
  private static let behind = "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:02.0/0000:05:00.0/0000:06:00.0/0000:07:00.0"
  private static let port = "pci0000:00/0000:00:02.0/0000:08:00.0"
  private static let complex = "pci0000:40/0000:40:01.0/0000:41:00.0"
  private static let node = "pci0000:80/0000:80:01.0/0000:81:00.0"

  @Test("Distances are those of nvidia-smi, rates the sums of active ports, and no NIC is named twice")
  func reads() throws {
    let tree = KernelTree()
    defer { try? FileManager.default.removeItem(at: tree.root) }
    for (path, node) in [
      (Self.gpu, 0), (Self.near, 0), (Self.behind, 0), (Self.port, 0), (Self.complex, 0), (Self.node, 1),
    ] { try tree.device(path, node: node) }
    try tree.fabric("mlx5_0", of: Self.near, state: "4: ACTIVE", rate: "400 Gb/sec (4X NDR)")
    try tree.fabric("mlx5_2", of: Self.behind, state: "4: ACTIVE", rate: "200 Gb/sec (4X HDR)")
    try tree.fabric("mlx5_10", of: Self.port, state: "1: DOWN", rate: "10 Gb/sec (4X)")
    try tree.ethernet("ens1", of: Self.near, speed: "400000")
    try tree.ethernet("eno1", of: Self.complex, speed: "25000")
    try tree.ethernet("eno2", of: Self.node, speed: "-1")
    try tree.write("up\n", to: "class/net/lo/operstate")
    let system = SystemNICs(folder: tree.root.path)
    #expect(system.nics.map(\.name) == ["mlx5_0", "mlx5_2", "mlx5_10", "eno1", "eno2"])
    #expect(
      system.nics.map(\.bandwidth)
        == [BytesPerSecond(50e9), BytesPerSecond(25e9), nil, BytesPerSecond(3.125e9), nil])
    let gpu = try #require(system.place(ofBus: "0000:03:00.0"))
    #expect(gpu.numaNode == 0)
    #expect(system.nics.map { $0.place?.distance(to: gpu) } == ["PIX", "PXB", "PHB", "NODE", "SYS"])
    #expect(system.nics.map { $0.place.map { gpu.distance(to: $0) } } == ["PIX", "PXB", "PHB", "NODE", "SYS"])
    #expect(system.place(ofBus: "0000:99:00.0") == nil)
    #expect(SystemNICs(folder: tree.root.appendingPathComponent("nowhere").path).nics.isEmpty)
  }
}
