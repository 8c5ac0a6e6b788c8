import Machines
import Quantities

/// The devices of this machine as driver and NVML describe them, and how they are joined.
public struct InstalledDevices: Sendable {
  /// One device.
  public struct Entry: Sendable {
    /// What the driver says.
    public let device: DeviceDescription
    /// The PCI device id, such as 0x2330; nil where NVML does not tell.
    public let deviceID: Int?
    /// The highest clocks of the multiprocessors and of the memory, in MHz.
    public let mostClocks: (multiprocessor: Int?, memory: Int?)
    /// What its sensors showed.
    public let reading: DeviceReading
    /// NVLinks to switches that are up.
    public let switchLinks: Int
    /// NVLinks that are up to each other device, by its number.
    public let peerLinks: [Int: Int]
  }

  /// The devices, by number.
  public let entries: [Entry]
  /// Whether a device reaches the memory of each other one.
  public let peerAccess: [[Bool]]
  /// The matrix in the form of `nvidia-smi topo -m`.
  public let matrix: String
  /// The newest CUDA that the driver runs, such as `12.4`.
  public let cudaVersion: String
  /// The driver's own version.
  public let driverVersion: String
  /// Whether this is the tests' emulation.
  public let isEmulation: Bool

  /// Reads all devices.
  ///
  /// - Throws: ``CUDAError``.
  public init(driver: CUDADriver, monitor: NVMLLibrary) throws(CUDAError) {
    let devices = try driver.devices()
    var handles: [NVMLLibrary.Device] = []
    for device in devices { handles.append(try monitor.device(bus: device.bus)) }
    var entries: [Entry] = []
    for (device, handle) in zip(devices, handles) {
      let links = monitor.links(handle)
      var peers: [Int: Int] = [:]
      for (bus, count) in links.peers {
        if let peer = devices.first(where: { $0.bus == bus }) { peers[peer.index, default: 0] += count }
      }
      entries.append(
        Entry(
          device: device, deviceID: monitor.deviceID(handle), mostClocks: monitor.mostClocks(handle),
          reading: monitor.reading(handle), switchLinks: links.switches, peerLinks: peers))
    }
    self.entries = entries
    peerAccess = try driver.peers(devices.count)
    cudaVersion = driver.versionText
    driverVersion = monitor.driverVersion
    isEmulation = driver.isEmulation
    var rows = ["\t" + devices.map { "GPU\($0.index)" }.joined(separator: "\t")]
    for (row, entry) in entries.enumerated() {
      let cells = entries.enumerated().map { column, other in
        if row == column { return "X" }
        // Switches join all devices that have links to them, as nvidia-smi counts.
        let links = entry.peerLinks[column] ?? min(entry.switchLinks, other.switchLinks)
        return links > 0 ? "NV\(links)" : monitor.distance(handles[row], handles[column]) ?? "SYS"
      }
      rows.append("GPU\(row)\t" + cells.joined(separator: "\t"))
    }
    matrix = rows.joined(separator: "\n") + "\n"
  }

  /// The machine, as topology files are written from it.
  ///
  /// - Parameter system: The NICs, and where they and the devices sit.
  /// - Throws: `ConfigurationError` where the matrix contradicts itself.
  public func machine(_ system: SystemNICs) throws -> Machine {
    let places = entries.map { system.place(ofBus: $0.device.bus) }
    let placed = places.contains { $0 != nil } ? system.nics.filter { $0.place != nil } : []
    var machine = try TopologyMatrixReader.read(matrix(places, placed), file: "the machine's matrix")
    for (place, nic) in placed.enumerated() {
      machine.nics[place].name = nic.name
      machine.nics[place].bandwidth = nic.bandwidth
    }
    if !placed.isEmpty {
      let distances = placed.map { nic in
        ([nic.name] + places.map { distance($0, nic.place) }).joined(separator: " ")
      }
      machine.remarks.append(
        "How far NICs are from the GPUs, in their order, as nvidia-smi has it: \(distances.joined(separator: "; ")).")
    }
    let others = system.nics.filter { !placed.contains($0) }.map(\.name)
    if system.nics.isEmpty { machine.remarks.append("The kernel tells of no NICs.") }
    if !others.isEmpty {
      machine.remarks.append(
        "NICs are left out whose place beside the GPUs the kernel does not tell: \(others.joined(separator: ", ")).")
    }
    for entry in entries where machine.gpus.indices.contains(entry.device.index) {
      machine.gpus[entry.device.index].architecture =
        entry.device.capability.major * 10 + entry.device.capability.minor
      machine.gpus[entry.device.index].deviceID = entry.deviceID
    }
    // The matrix can't tell switches from direct links; NVML does.
    if entries.allSatisfy({ $0.switchLinks > 0 }) {
      machine.peerLinks = entries.map { Machine.PeerLink(gpu: $0.device.index, peer: nil, count: $0.switchLinks) }
    }
    machine.remarks.append("GPUs and their links are as NVML tells, NICs as the kernel does.")
    return machine
  }

  /// How far apart two places are; as far as can be where one is not known.
  private func distance(_ first: PCIPlace?, _ second: PCIPlace?) -> String {
    first.flatMap { first in second.map { first.distance(to: $0) } } ?? "SYS"
  }

  /// The matrix with a column and a row for each NIC, named by its place.
  private func matrix(_ places: [PCIPlace?], _ nics: [SystemNICs.NIC]) -> String {
    guard !nics.isEmpty else { return matrix }
    let lines = matrix.split(separator: "\n").map { String($0) }
    let names = nics.indices.map { "NIC\($0)" }
    var rows = [([lines[0]] + names).joined(separator: "\t")]
    for (line, place) in zip(lines.dropFirst(), places) {
      rows.append(([line] + nics.map { distance(place, $0.place) }).joined(separator: "\t"))
    }
    for (row, nic) in nics.enumerated() {
      let others = nics.enumerated().map { $0 == row ? "X" : distance(nic.place, $1.place) }
      rows.append(([names[row]] + places.map { distance(nic.place, $0) } + others).joined(separator: "\t"))
    }
    return rows.joined(separator: "\n") + "\n"
  }
}
