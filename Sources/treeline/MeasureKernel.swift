import ArgumentParser
import CUDABackend
import Configuration
import Quantities
import Reporting
import ResultStore

/// `treeline measure kernel`: how fast a GPU's kernels are, once they are right.
struct MeasureKernel: ParsableCommand {
  /// What can be measured.
  enum Part: String, CaseIterable {
    case launch, memory, decode, prefill
  }

  /// What keys and values can be stored as.
  enum CacheType: String, CaseIterable {
    case bf16, fp16, e4m3

    var dataType: DataType {
      switch self {
      case .bf16: .bf16
      case .fp16: .fp16
      case .e4m3: .fp8
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Measure kernels on a GPU: launches, memory, decode and prefill, each checked against the CPU first.",
    discussion: """
      Kernels are compiled for the device found, or taken from the cache. Every result is held to what rounding explains \
      before it is timed, and again afterwards; a wrong one ends everything with exit code 70, and the failure alone is \
      stored. Repeats go on until the median is known to --precision, or --repeats is reached. All samples are stored, and \
      what the sensors showed between them. With --export what launch and memory gave becomes a device profile.

      EXAMPLES
        treeline measure kernel
        treeline measure kernel --parts launch,memory --sizes 64MiB,1GiB
        treeline measure kernel --parts decode --tokens 4k,64k --types bf16 \\
          --heads 64 --kv-heads 8
        treeline measure kernel --parts decode --types bf16,e4m3 \\
          --heads 128 --latent-dim 512
        treeline measure kernel --parts launch,memory --export machine
        treeline results sql "SELECT name, value FROM sample LIMIT 10"
      """)

  @Option(help: "What to measure; a list of launch, memory, decode and prefill.")
  var parts: String = "launch,memory,decode,prefill"

  @Option(help: "The device, by its number.")
  var device: Int = 0

  @Option(help: "Sizes of a buffer of memory's kernels; a list.")
  var sizes: String = "16MiB,256MiB,1GiB"

  @Option(help: "Cached tokens of decode; a list.")
  var tokens: String = "4k,32k,128k"

  @Option(help: "Tokens of prefill, each with a query; a list.")
  var prefillTokens: String = "4k"

  @Option(help: "Types of the cache; a list of bf16, fp16 and, for decode alone, e4m3 with scales.")
  var types: String = "bf16,fp16"

  @Option(help: "Query heads.")
  var heads: Int = 32

  @Option(help: "KV heads; they divide the query heads (default: 8, or 1 with --latent-dim).")
  var kvHeads: Int?

  @Option(help: "Head dims; a list of 64, 128 and, for decode alone, 256.")
  var headDims: String = "128"

  @Option(help: "Decode over MLA's latent cache: the elements of its latent vector, 512, in place of --head-dims.")
  var latentDim: Int?

  @Option(help: "The elements of the rotary part beside --latent-dim.")
  var ropeDim: Int = 64

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 1

  @Flag(help: "Measure with a warm second cache, instead of flushing it before every sample.")
  var warmCache: Bool = false

  @Option(help: "The width of the median's 95 % interval, as a share or per cent of it, at which it is enough.")
  var precision = Precision(0.01)

  @Option(help: "The most samples of each.")
  var repeats: Int = 2000

  @Option(help: "Seed of the random numbers.")
  var seed: UInt64 = 1

  @OptionGroup var cuda: CUDAOptions

  @Option(
    help: ArgumentHelp(
      "Threads of the CPU; results are the same for any number (default: the number of cores).", valueName: "number"))
  var jobs: Int?

  @OptionGroup var exporting: ExportOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let plan = try MeasurePlan(self)
      try exporting.check()
      let folders = try cuda.folders()
      let driver = try CUDADriver(folders: folders)
      let monitor = try NVMLLibrary(folders: folders)
      let description = try driver.device(device)
      let compiler = try cuda.compiler()
      try driver.checkFits(compiler.compiler)
      let architecture = try description.knownArchitecture()
      let devices = try InstalledDevices(driver: driver, monitor: monitor)
      try plan.validateExport(exporting, description)
      let export = try exporting.export(devices)
      // What the machine lacks for a topology file is found before hours are spent on it.
      _ = try export?.files(of: device)
      let database = try storage.open()
      let records = MeasureRecords(
        devices: devices,
        machine: [
          "\(description.name), \(architecture), \(description.multiprocessors) multiprocessors, \(description.bus)",
          "driver \(devices.driverVersion), CUDA \(devices.cudaVersion); \(compiler.compiler.title)",
        ], seed: seed)
      try records.storingFailure(in: database) {
        let compiled = try compiler.compileAll(for: [architecture], jobs: plan.jobs)
        let session = try DeviceSession(
          driver: driver, monitor: monitor, device: description, table: compiler.sources.table)
        for source in compiled { try session.load(source) }
        let found = try plan.measure(on: session)
        let number = try database?.save(
          run: try records.run(note: nil), inputs: [try records.input()], results: found.map { records.result($0) })
        let report = KernelMeasurementReport(
          machine: records.machine, measurements: found, isEmulation: driver.isEmulation)
        try Output.write(json ? [report.json(number: number)] : report.lines)
        // What was measured has been printed where a file can't be written after all.
        let files = try exporting.write(export?.files(of: device, rates: MeasuredRates(found)))
        if json { return }
        try Output.write(exporting.closingLines(files))
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
    }
  }
}
