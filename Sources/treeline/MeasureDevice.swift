import ArgumentParser
import CUDABackend
import Configuration
import Devices
import Experiments
import Machines
import Quantities
import Reporting
import ResultStore

/// `treeline measure device`: what GPUs there are.
struct MeasureDevice: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "Read what GPUs this machine has and how they are joined, and write them as profile and topology.",
    usage: "treeline measure device [<options>]",
    discussion: """
      Reads the CUDA driver and NVML. With --export a device profile and a topology file are written into a folder, whose \
      names are those of the device: what the device does not tell of itself (rates) is its model's, and says so.

      EXAMPLES
        treeline measure device
        treeline measure device --export machine
        treeline simulate --topology machine/topology.yaml --tokens 1M
      """)

  @OptionGroup var cuda: CUDAOptions

  @Option(
    help: ArgumentHelp("Write a device profile and a topology file into this folder.", valueName: "folder"),
    completion: .directory)
  var export: String?

  @Option(help: "The device profile of the GPUs' model (default: by their PCI id).")
  var model: String?

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let folders = try cuda.folders()
      let driver = try CUDADriver(folders: folders)
      let devices = try InstalledDevices(driver: driver, monitor: try NVMLLibrary(folders: folders))
      let files = try export.map { folder in try exported(devices).map { (folder + "/" + $0.name, $0.text) } } ?? []
      let database = try storage.open()
      let records = MeasureRecords(devices: devices, machine: [], seed: nil)
      let input = try records.input()
      let number = try database?.save(
        run: try records.run(note: nil), inputs: [input],
        results: devices.entries.map { result($0, isEmulation: devices.isEmulation) })
      for (path, text) in files { try OutputFile(option: "--export:", path: path).writeWithFolder(text) }
      if json { return try Output.write(input.text) }
      try Output.write(DeviceReport(devices).lines)
      if !files.isEmpty { try Output.write(["", "Wrote " + files.map(\.0).joined(separator: " and ")]) }
      try Output.write(storage.closingLines([number].compactMap { $0 }))
    }
  }

  private func exported(_ devices: InstalledDevices) throws -> [(name: String, text: String)] {
    let library = Environment.library
    let base = try DeviceProfile(document: library.devices.load(try baseName(devices, library.devices)))
    let profile = MeasuredProfile(devices, index: 0, base: base)
    let topology =
      try MachineTopology(
        try devices.machine(), name: profile.name + "-machine", device: profile.name, origin: "NVML"
      ).text() + profile.section
    // What is written must be what the other commands read; what the emulation gives must not be.
    if !devices.isEmulation {
      _ = try DeviceProfile(document: Document(yaml: profile.text, file: "the profile of device 0"))
      _ = try ResolvedTopology(
        document: Document(yaml: topology, file: "the topology of this machine"), from: library)
    }
    return [("device.yaml", profile.text), ("topology.yaml", topology)]
  }

  /// The profile that is named, or that of the GPUs' PCI id.
  private func baseName(_ devices: InstalledDevices, _ library: ConfigurationLibrary) throws -> String {
    if let model { return model }
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

  private func result(_ entry: InstalledDevices.Entry, isEmulation: Bool) -> ResultRecord {
    let provenance = DeviceReport.provenance(isEmulation: isEmulation)
    let device = entry.device
    var metrics = [
      MetricRecord(name: "memory", value: device.memory, provenance: provenance),
      MetricRecord(name: "second cache", value: device.cache, provenance: provenance),
    ]
    for (name, value, unit) in [
      ("multiprocessors", device.multiprocessors, ""), ("clock at most", device.clock / 1000, "MHz"),
      ("memory clock at most", device.memoryClock / 1000, "MHz"), ("memory bus", device.busWidth, "bit"),
    ] {
      metrics.append(MetricRecord(name: name, value: .integer(Int64(value)), unit: unit, provenance: provenance))
    }
    return ResultRecord(
      label: device.name, algorithm: "device \(device.index)", options: "bus=\(device.bus)", metrics: metrics)
  }
}
