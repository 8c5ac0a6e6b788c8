import Foundation
import Quantities

/// The NICs of this machine, and where they and its GPUs sit on PCIe, as the kernel tells below `/sys`.
public struct SystemNICs: Sendable {
  /// A NIC.
  public struct NIC: Hashable, Sendable {
    /// The name in the operating system, such as `mlx5_0`.
    public let name: String
    /// The rate of all its active ports in one direction; nil where none is active or tells.
    public let bandwidth: BytesPerSecond?
    /// Where it sits; nil where the kernel tells no place on PCIe.
    public let place: PCIPlace?
  }

  /// The NICs: those of InfiniBand and RoCE by name, then the Ethernet ones that are none of these.
  public let nics: [NIC]
  private let root: URL

  /// Reads the NICs.
  ///
  /// - Parameter folder: The folder that the kernel's tree is mounted on.
  public init(folder: String = "/sys") {
    root = URL(fileURLWithPath: folder)
    let fabric = Self.entries(root.appendingPathComponent("class/infiniband")).map { entry in
      let ports = Self.entries(entry.appendingPathComponent("ports"))
      let rates = ports.compactMap { Self.rate(ofPort: $0) }
      return NIC(
        name: entry.lastPathComponent, bandwidth: rates.isEmpty ? nil : rates.reduce(.zero, +),
        place: PCIPlace(folder: entry.appendingPathComponent("device")))
    }
    let taken = Set(fabric.compactMap { $0.place?.path })
    let ethernet = Self.entries(root.appendingPathComponent("class/net")).compactMap { entry -> NIC? in
      // Without a device it is a loopback, a bridge or a tunnel.
      guard let place = PCIPlace(folder: entry.appendingPathComponent("device")), !taken.contains(place.path) else {
        return nil
      }
      return NIC(
        name: entry.lastPathComponent,
        // In Mb/s; -1 or an error where there is no carrier.
        bandwidth: SystemFile.text(entry.appendingPathComponent("speed")).flatMap { Double($0) }
          .flatMap { $0 > 0 ? BytesPerSecond($0 * 1e6 / 8) : nil },
        place: place)
    }
    nics = fabric + ethernet
  }

  /// Where a device sits; nil where the kernel does not tell.
  ///
  /// - Parameter bus: Its PCI address, such as `0000:1b:00.0`.
  public func place(ofBus bus: String) -> PCIPlace? {
    PCIPlace(folder: root.appendingPathComponent("bus/pci/devices").appendingPathComponent(bus))
  }

  /// The rate of a port such as `400 Gb/sec (4X NDR)`, where its state is `4: ACTIVE`.
  private static func rate(ofPort port: URL) -> BytesPerSecond? {
    guard SystemFile.text(port.appendingPathComponent("state"))?.hasPrefix("4") == true,
      let words = SystemFile.text(port.appendingPathComponent("rate"))?.split(separator: " "), words.count >= 2,
      words[1] == "Gb/sec", let gigabits = Double(words[0]), gigabits > 0
    else { return nil }
    return BytesPerSecond(gigabits * 1e9 / 8)
  }

  /// What a folder holds, by name with numbers in their order; nothing where it is not there.
  private static func entries(_ folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted { ($0.count, $0) < ($1.count, $1) }.map { folder.appendingPathComponent($0) }
  }
}
