import CUDABackend
import Quantities

/// The devices of this machine, for a terminal and as JSON.
public struct DeviceReport: Sendable {
  private struct Document: Encodable {
    struct Entry: Encodable {
      let index: Int
      let name: String
      let computeCapability: String
      let architecture: String?
      let bus: String
      let pciDevice: String?
      let multiprocessors: Int
      let memoryBytes: Int64
      let cacheBytes: Int64
      let clockMHz: Int
      let memoryClockMHz: Int
      let busBits: Int
      let currentClockMHz: Int?
      let currentMemoryClockMHz: Int?
      let milliwatts: Int?
      let celsius: Int?
      let throttling: [String]
      let switchLinks: Int
      let peerLinks: [String: Int]
      let reaches: [Int]
    }
    let cuda: String
    let driver: String
    let provenance: String
    let devices: [Entry]
    let matrix: [String]
  }

  private let devices: InstalledDevices

  /// Creates a report.
  public init(_ devices: InstalledDevices) {
    self.devices = devices
  }

  /// What figures of these devices are.
  public static func provenance(isEmulation: Bool) -> Provenance { isEmulation ? .emulated : .measured }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var lines = [PrintableText.line("driver \(devices.driverVersion), CUDA \(devices.cudaVersion)")]
    if devices.isEmulation { lines.append("EMULATED: this is the tests' stand-in for a driver, and no device") }
    for entry in devices.entries {
      let device = entry.device
      var table = TextTable(columns: ["", ""])
      func add(_ name: String, _ value: String?) { if let value { table.add([name, value]) } }
      lines += ["", PrintableText.line("device \(device.index): \(device.name)")]
      add("compute capability", device.capabilityText + (device.architecture.map { " (\($0))" } ?? ", no kernels"))
      add("PCI", device.bus + (entry.deviceID.map { ", device id 0x\(String($0, radix: 16))" } ?? ""))
      add("multiprocessors", "\(device.multiprocessors)")
      add("memory", "\(device.memory)")
      add("second cache", "\(device.cache)")
      add(
        "clocks at most",
        "\(device.clock / 1000) MHz, memory \(device.memoryClock / 1000) MHz x \(device.busWidth) bits")
      let reading = entry.reading
      if let clock = reading.clock, let memory = reading.memoryClock {
        add("clocks now", "\(clock) MHz, memory \(memory) MHz")
      }
      add("power", reading.milliwatts.map { NumberText.format(Double($0) / 1e3, decimals: 1) + " W" })
      add("temperature", reading.temperature.map { "\($0) °C" })
      add(
        "clocks held down by",
        reading.throttlingReasons.isEmpty ? nil : reading.throttlingReasons.joined(separator: ", "))
      add("NVLinks to switches", entry.switchLinks > 0 ? "\(entry.switchLinks)" : nil)
      for (peer, count) in entry.peerLinks.sorted(by: { $0.key < $1.key }) {
        add("NVLinks to device \(peer)", "\(count)")
      }
      let reached = devices.peerAccess[device.index].indices.filter { devices.peerAccess[device.index][$0] }
      add("reaches the memory of", reached.isEmpty ? nil : "devices " + reached.map { "\($0)" }.joined(separator: ", "))
      lines += table.lines
    }
    if devices.entries.count > 1 {
      lines += [""] + devices.matrix.split(separator: "\n").map { String($0).replacing("\t", with: "  ") }
    }
    return lines
  }

  /// The report as JSON.
  public func json() throws -> String {
    try JSONText.encode(
      Document(
        cuda: devices.cudaVersion, driver: devices.driverVersion,
        provenance: Self.provenance(isEmulation: devices.isEmulation).rawValue,
        devices: devices.entries.map { entry in
          let (device, reading) = (entry.device, entry.reading)
          return Document.Entry(
            index: device.index, name: device.name, computeCapability: device.capabilityText,
            architecture: device.architecture, bus: device.bus,
            pciDevice: entry.deviceID.map { "0x" + String($0, radix: 16) }, multiprocessors: device.multiprocessors,
            memoryBytes: device.memory.count, cacheBytes: device.cache.count, clockMHz: device.clock / 1000,
            memoryClockMHz: device.memoryClock / 1000, busBits: device.busWidth, currentClockMHz: reading.clock,
            currentMemoryClockMHz: reading.memoryClock, milliwatts: reading.milliwatts, celsius: reading.temperature,
            throttling: reading.throttlingReasons, switchLinks: entry.switchLinks,
            peerLinks: Dictionary(uniqueKeysWithValues: entry.peerLinks.map { ("\($0.key)", $0.value) }),
            reaches: devices.peerAccess[device.index].indices.filter { devices.peerAccess[device.index][$0] })
        }, matrix: devices.matrix.split(separator: "\n").map(String.init)))
  }
}
