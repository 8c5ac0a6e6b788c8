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
  /// - Throws: `ConfigurationError` where the matrix contradicts itself.
  public func machine() throws -> Machine {
    var machine = try TopologyMatrixReader.read(matrix, file: "NVML's matrix")
    for entry in entries where machine.gpus.indices.contains(entry.device.index) {
      machine.gpus[entry.device.index].architecture =
        entry.device.capability.major * 10 + entry.device.capability.minor
      machine.gpus[entry.device.index].deviceID = entry.deviceID
    }
    // The matrix can't tell switches from direct links; NVML does.
    if entries.allSatisfy({ $0.switchLinks > 0 }) {
      machine.peerLinks = entries.map { Machine.PeerLink(gpu: $0.device.index, peer: nil, count: $0.switchLinks) }
    }
    machine.remarks.append("Read by NVML; NICs are not read.")
    return machine
  }
}
