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
      Reads the CUDA driver, NVML and, for NICs, /sys. With --export a device profile and a topology file are written into \
      a folder, whose names are those of the device: what the device does not tell of itself (rates) is its model's, and \
      says so. 'treeline measure kernel --export' and 'treeline measure link --export' write measured rates in their place, \
      which are kept.

      EXAMPLES
        treeline measure device
        treeline measure device --export machine
        treeline simulate --topology machine/topology.yaml --tokens 1M
      """)

  @OptionGroup var cuda: CUDAOptions

  @OptionGroup var exporting: ExportOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      try exporting.check()
      let folders = try cuda.folders()
      let driver = try CUDADriver(folders: folders)
      let devices = try InstalledDevices(driver: driver, monitor: try NVMLLibrary(folders: folders))
      let export = try exporting.export(devices)?.files(of: 0)
      let database = try storage.open()
      let records = MeasureRecords(devices: devices, machine: [], seed: nil)
      let input = try records.input()
      let number = try database?.save(
        run: try records.run(note: nil), inputs: [input],
        results: devices.entries.map { result($0, isEmulation: devices.isEmulation) })
      let files = try exporting.write(export)
      if json { return try Output.write(input.text) }
      try Output.write(DeviceReport(devices).lines)
      try Output.write(exporting.closingLines(files))
      try Output.write(storage.closingLines([number].compactMap { $0 }))
    }
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
