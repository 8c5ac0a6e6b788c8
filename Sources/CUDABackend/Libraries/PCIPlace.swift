import Foundation

/// Where a device sits on PCIe, as the kernel's tree of devices has it.
public struct PCIPlace: Hashable, Sendable {
  /// The parts from the root complex down to the device, such as `pci0000:00`, `0000:00:01.0`, `0000:01:00.0`.
  public let path: [String]
  /// The NUMA node; nil where the kernel tells none.
  public let numaNode: Int?

  /// Creates a place.
  public init(path: [String], numaNode: Int?) {
    self.path = path
    self.numaNode = numaNode
  }

  /// The place of a device whose folder, or a link to it, is given; nil where that lies below no root complex.
  init?(folder: URL) {
    let parts = folder.resolvingSymlinksInPath().pathComponents
    guard let root = parts.firstIndex(where: { $0.hasPrefix("pci0") || $0.hasPrefix("pci1") }) else { return nil }
    // What is not below another PCI address, such as `net` or `infiniband`, is no part of the way.
    path = Array(parts[root...root] + parts[(root + 1)...].prefix { $0.contains(":") && $0.contains(".") })
    let node = SystemFile.text(folder.appendingPathComponent("numa_node")).flatMap { Int($0) }
    numaNode = node.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// How far apart two devices are, as `nvidia-smi topo -m` writes it: `PIX` over one bridge at most, `PXB` over several,
  /// `PHB` over a host bridge, `NODE` between host bridges of a NUMA node, `SYS` between NUMA nodes.
  public func distance(to other: PCIPlace) -> String {
    let common = zip(path, other.path).prefix { $0 == $1 }.count
    if common == 0 {
      return numaNode != nil && numaNode == other.numaNode ? "NODE" : "SYS"
    }
    if common == 1 { return "PHB" }
    // What is left below the common bridge: the device itself, and the ports on the way to it.
    return max(path.count, other.path.count) - common <= 2 ? "PIX" : "PXB"
  }
}

/// A file of the kernel's that holds one line.
enum SystemFile {
  /// Its line; nil where it can't be read.
  static func text(_ file: URL) -> String? {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return line.isEmpty ? nil : line
  }
}
