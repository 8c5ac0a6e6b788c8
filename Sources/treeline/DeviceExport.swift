import CUDABackend
import Configuration
import Devices
import Experiments
import Machines

/// The devices of this machine as a device profile and a topology file.
struct DeviceExport {
  /// What a file is.
  enum Target: String, CaseIterable {
    case device = "device.yaml"
    case topology = "topology.yaml"

    /// The file in a folder.
    func file(in folder: String) -> OutputFile { OutputFile(option: "--export:", path: folder + "/" + rawValue) }

    /// Whether a text is one that Treeline wrote as such a file.
    func isOurs(_ text: String) -> Bool {
      switch self {
      case .device: text.hasPrefix("name: ") && text.contains("\nsource: \(MeasuredProfile.origin)")
      case .topology: text.hasPrefix("# Written by Treeline from ")
      }
    }
  }

  /// A file.
  struct File {
    let target: Target
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
  /// What was measured on this machine and written before is kept where it is not measured now.
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
    if rates == nil {
      switch earlier.profile(like: device) {
      case .nothing: break
      case .kept(let text):
        device = text
        remarks.append("device.yaml keeps the rates that were measured earlier")
      case .foreign:
        remarks.append(
          "device.yaml had rates that were measured on another device or with another driver, which are not kept; "
            + "'treeline measure kernel --export' measures this one's")
      }
    }
    if links == nil {
      switch earlier.machine(like: machine) {
      case .nothing: break
      case .kept(let text):
        machine = text
        remarks.append("topology.yaml keeps the links that were measured earlier")
      case .foreign:
        remarks.append(
          "topology.yaml had links that were measured on another machine, which are not kept; 'treeline measure link "
            + "--export' measures this one's")
      }
    }
    let topology = machine + MeasuredProfile.section(device)
    // What is written must be what the other commands read; what the emulation gives must not be.
    if !devices.isEmulation {
      _ = try DeviceProfile(document: Document(yaml: device, file: "the profile of device \(index)"))
      _ = try ResolvedTopology(
        document: Document(yaml: topology, file: "the topology of this machine"), from: library)
    }
    return ([File(target: .device, text: device), File(target: .topology, text: topology)], remarks)
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
