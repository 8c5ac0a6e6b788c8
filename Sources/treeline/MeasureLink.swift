import ArgumentParser
import CUDABackend
import Machines
import Quantities
import Reporting
import ResultStore

/// `treeline measure link`: how fast bytes get from one memory to another.
struct MeasureLink: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Measure copies between GPUs, one way and both ways, and between each and the host.",
    usage: "treeline measure link [<options>]",
    discussion: """
      Devices copy by themselves where they reach each other's memory, and through the host's where they don't, which the \
      report says. Host memory is pinned. All data are compared before anything is timed, and again afterwards; a wrong byte \
      ends everything with exit code 70, and the failure alone is stored. Bandwidths are those of the largest size, latencies \
      the times of the smallest; all sizes and samples are stored. With --export these become the links of a topology file, each \
      class with the median of its routes; what was not measured keeps the figures of its data sheet, and says so.

      EXAMPLES
        treeline measure link
        treeline measure link --devices 0,1 --sizes 16B,64kB,16MB,256MB
        treeline measure link --export machine
        treeline measure link --json --no-store
      """)

  @Option(help: "The devices, by their numbers; a list (default: all).")
  var devices: String?

  @Option(help: "Sizes of a copy; a list.")
  var sizes: String = "16B,1kB,64kB,1MB,16MB,256MB"

  @Option(help: "The width of the median's 95 % interval, as a share or per cent of it, at which it is enough.")
  var precision = Precision(0.01)

  @Option(help: "The most samples of each.")
  var repeats: Int = 500

  @Option(help: "Seed of the data.")
  var seed: UInt64 = 1

  @OptionGroup var libraries: CUDALibraryOptions

  @OptionGroup var exporting: ExportOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let plan = try TransferSettings.plan(precision: precision, repeats: repeats)
      let numbers = try TransferSettings.devices(devices)
      let sizes = try CommaList.split(sizes, option: "--sizes").map {
        try TransferSettings.size($0, option: "--sizes")
      }
      try validateExport(sizes)
      try exporting.check()
      let folders = try libraries.folders()
      let driver = try CUDADriver(folders: folders)
      let monitor = try NVMLLibrary(folders: folders)
      let used = try TransferSettings.find(numbers, driver)
      let installed = try InstalledDevices(driver: driver, monitor: monitor)
      let export = try exporting.export(installed)
      // What the machine lacks for a topology file is found before hours are spent on it.
      _ = try export?.files(of: used[0].index)
      let database = try storage.open()
      let records = MeasureRecords(
        devices: installed, machine: TransferSettings.machine(used, installed), seed: seed)
      let found = try records.storingFailure(in: database) {
        let sessions = try used.map { try DeviceSession(driver: driver, monitor: monitor, device: $0) }
        let bench = LinkBench(sessions: sessions, plan: plan)
        var progress = Progress(total: bench.routes.count * sizes.count, of: "measurements")
        defer { progress.finish() }
        var found: [LinkMeasurement] = []
        for route in bench.routes {
          for size in sizes {
            found.append(try bench.measure(route, size: size, seed: seed))
            progress.update(done: found.count)
          }
        }
        return found
      }
      let number = try database?.save(
        run: try records.run(note: nil), inputs: [try records.input()], results: found.map { records.result($0) })
      let report = LinkMeasurementReport(
        machine: records.machine, devices: used.map(\.index), measurements: found, isEmulation: records.isEmulation)
      try Output.write(json ? [report.json(number: number)] : report.lines)
      // What was measured has been printed where a file can't be written after all.
      let files = try exporting.write(
        export?.files(of: used[0].index, links: MeasuredLinks(found, isEmulation: records.isEmulation)))
      if json { return }
      try Output.write(exporting.closingLines(files))
      try Output.write(storage.closingLines([number].compactMap { $0 }))
    }
  }

  /// Checks that the sizes tell what a link class needs: small copies its latency, large ones its rate.
  private func validateExport(_ sizes: [Bytes]) throws {
    guard exporting.folder != nil, let smallest = sizes.min(), let largest = sizes.max() else { return }
    let (small, large) = (Bytes(4096), Bytes(16_000_000))
    guard smallest <= small, largest >= large else {
      throw UsageError(
        "--sizes: found \(smallest) to \(largest), expected with --export one of \(small) or less, for latencies, and one "
          + "of \(large) or more, for rates")
    }
  }
}
