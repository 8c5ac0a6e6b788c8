import CUDABackend
import Configuration
import Devices
import Experiments
import Machines

/// The devices of this machine as a device profile and a topology file.
struct DeviceExport {
  /// A file.
  struct File {
    let name: String
    let text: String
  }

  private let devices: InstalledDevices
  private let base: DeviceProfile
  private let system: SystemNICs
  private let library: InputLibrary
  private let earlier: EarlierExport

  /// - Parameters:
  ///   - devices: The devices.
  ///   - model: The profile of their model; nil for the one of their PCI id.
  ///   - folder: Where files are to be written.
  ///   - system: Where NICs are read.
  /// - Throws: ``UsageError`` where none is known.
  init(_ devices: InstalledDevices, model: String?, folder: String, system: SystemNICs) throws {
    library = Environment.library
    let name = try model ?? Self.baseName(devices, library.devices)
    base = try DeviceProfile(document: library.devices.load(name))
    self.devices = devices
    self.system = system
    earlier = EarlierExport(folder: folder, isEmulation: devices.isEmulation)
  }

  /// The profile of a device, with what was measured on it, and the topology of the machine.
  ///
  /// What one of the two commands that measure wrote before, the other keeps.
  ///
  /// - Parameters:
  ///   - index: The device.
  ///   - rates: What was measured on it; nil for nothing.
  ///   - links: What copies over the machine's links took; nil for nothing.
  /// - Returns: The files, and what is to be said of them, in sentences.
  func files(
    of index: Int, rates: MeasuredRates? = nil, links: MeasuredLinks? = nil
  ) throws -> (files: [File], remarks: [String]) {
    let profile = MeasuredProfile(devices, index: index, base: base, rates: rates)
    var description = MachineTopology(
      try devices.machine(system), name: profile.name + "-machine", device: profile.name, origin: "NVML and the kernel")
    description.measured = links
    let written = try description.written()
    var (device, machine) = (profile.text, written.text)
    var remarks: [String] = []
    if !written.unmeasured.isEmpty {
      remarks.append(
        "not all was measured of these link classes, whose other figures are as the file says: "
          + written.unmeasured.joined(separator: ", "))
    }
    if links != nil, let text = earlier.profile(named: profile.name) {
      device = text
      remarks.append("device.yaml keeps the rates that were measured earlier")
    }
    if rates != nil, let text = earlier.machine(named: description.name) {
      machine = text
      remarks.append("topology.yaml keeps the links that were measured earlier")
    }
    let topology = machine + MeasuredProfile.section(device)
    // What is written must be what the other commands read; what the emulation gives must not be.
    if !devices.isEmulation {
      _ = try DeviceProfile(document: Document(yaml: device, file: "the profile of device \(index)"))
      _ = try ResolvedTopology(
        document: Document(yaml: topology, file: "the topology of this machine"), from: library)
    }
    return ([File(name: "device.yaml", text: device), File(name: "topology.yaml", text: topology)], remarks)
  }

  /// The profile of the GPUs' PCI id.
  private static func baseName(_ devices: InstalledDevices, _ library: ConfigurationLibrary) throws -> String {
    let ids = Set(devices.entries.map(\.deviceID))
    guard ids.count == 1, let id = ids.first ?? nil, let known = GPUModel.model(ofDevice: id),
      library.names().contains(known.profile)
    else {
      let found = ids.compactMap { $0.map { "0x" + String($0, radix: 16) } }.sorted().joined(separator: ", ")
      throw UsageError(
        "--export: found GPUs of the PCI device id \(found.isEmpty ? "(none)" : found), of which there is no device "
          + "profile; --model names one, such as \(library.names().prefix(4).joined(separator: ", "))")
    }
    return known.profile
  }
}
