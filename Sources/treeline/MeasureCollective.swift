import ArgumentParser
import CUDABackend
import Quantities
import Reporting
import ResultStore

/// `treeline measure collective`: how fast NCCL's collectives are, once they are right.
struct MeasureCollective: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collective",
    abstract: "Measure NCCL's collectives by nccl-tests' conventions, each checked exactly.",
    usage: "treeline measure collective [<options>]",
    discussion: """
      Every device is a rank of this process; with --mpi each process that mpirun starts is a rank, with the device of its \
      number on its machine. Numbers are chosen so that sums are exact in their type, whatever the order: a result is compared \
      bit by bit before it is timed, again between batches of samples, and afterwards. A wrong one ends everything with exit \
      code 70, and the failure alone is stored. Sizes, algbw and busbw are those of nccl-tests; --from, --to and --factor are \
      its -b, -e and -f. What enqueuing costs the host is in small sizes' times, as there; with --launch graph it is not.

      EXAMPLES
        treeline measure collective
        treeline measure collective --collectives all-reduce --types bf16 \\
          --from 1kB --to 1MB --in-place
        treeline measure collective --to 64kB --launch graph
        mpirun -np 16 treeline measure collective --mpi --collectives all-reduce
      """)

  @Option(help: "A list of all-reduce, all-gather, reduce-scatter, all-to-all, send-recv (a ring) and broadcast.")
  var collectives: String = "all-reduce,all-gather,reduce-scatter,all-to-all,send-recv"

  @Option(help: "Types of elements; a list of fp64, fp32, fp16, bf16, int32 and int8.")
  var types: String = "fp32"

  @Option(help: "The first size.")
  var from: String = "8B"

  @Option(help: "The largest size.")
  var to: String = "1GB"

  @Option(help: "How many times the size before it each size is.")
  var factor: Int = 2

  @Flag(help: "Measure in place as well, where source and target may be the same memory.")
  var inPlace: Bool = false

  @Option(help: "The devices, by their numbers; a list (default: all).")
  var devices: String?

  @Option(
    help: """
      How the collectives of a sample come to the devices: one by one, or recorded as a CUDA graph a device, as with \
      nccl-tests' -G.
      """)
  var launch: LaunchWay = .operations

  @Option(help: "The width of the median's 95 % interval, as a share or per cent of it, at which it is enough.")
  var precision = Precision(0.02)

  @Option(help: "The most samples of each.")
  var repeats: Int = 500

  @Option(help: "Seed of the numbers.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("How long a sample may take.", valueName: "seconds"))
  var timeout: Double = 60

  @OptionGroup var mpi: MPIOptions

  @OptionGroup var libraries: CUDALibraryOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let plan = try CollectivePlan(self)
      if try mpi.isOn { return try measureOverMPI(plan) }
      let folders = try libraries.folders()
      let driver = try CUDADriver(folders: folders)
      let monitor = try NVMLLibrary(folders: folders)
      let used = try TransferSettings.find(plan.devices, driver)
      let library = try NCCLLibrary(folders: folders)
      let installed = try InstalledDevices(driver: driver, monitor: monitor)
      if let skipped = try plan.skippedSizes(ranks: used.count) { CommandFailure.warn(skipped) }
      if used.count == 1 { CommandFailure.warn("one device alone: nothing crosses a link") }
      let database = try storage.open()
      let records = MeasureRecords(
        devices: installed,
        machine: TransferSettings.machine(used, installed, library) + [
          used.count == 1 ? "1 rank in one process" : "\(used.count) ranks in one process"
        ], seed: seed, usesEmulation: library.isEmulation)
      let found = try records.storingFailure(in: database) {
        let sessions = try used.map { try DeviceSession(driver: driver, monitor: monitor, device: $0) }
        let group = try CollectiveGroup(library: library, sessions: sessions, limit: plan.limit)
        return try plan.measure(CollectiveBench(group: group, plan: plan.repeats, way: plan.way), showsProgress: true)
      }
      try report(found, records, database)
    }
  }

  /// Stores and prints what was measured.
  func report(_ found: [CollectiveMeasurement], _ records: MeasureRecords, _ database: ResultDatabase?) throws {
    let number = try database?.save(
      run: try records.run(note: nil), inputs: [try records.input()], results: found.map { records.result($0) })
    let report = CollectiveMeasurementReport(
      machine: records.machine, measurements: found, isEmulation: records.isEmulation)
    if json { return try Output.write(report.json(number: number)) }
    try Output.write(report.lines)
    try Output.write(storage.closingLines([number].compactMap { $0 }))
  }
}

extension LaunchWay: ExpressibleByArgument {}
