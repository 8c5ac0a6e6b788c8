import ArgumentParser
import CUDABackend
import Quantities
import Reporting
import ResultStore

/// `treeline measure attention`: how long whole decode steps take on the GPUs of this machine.
struct MeasureAttention: ParsableCommand {
  /// How ranks reach one another.
  enum Transport: String, CaseIterable {
    case copies, nccl
  }

  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Run tree and ring decoding on this machine's GPUs: the very programs that the simulator times.",
    usage: "treeline measure attention --tokens <tokens> [<options>]",
    discussion: """
      One layer's decode step runs on one GPU a rank: its kernels, its messages as copies from GPU to GPU, its \
      dependencies as events. With --transport nccl messages are NCCL's sends and receives, and all-reduces its own. \
      With --mpi each process that mpirun starts is a rank, across machines too. The output of every rank is held to what rounding explains before it is timed, and again \
      afterwards; a wrong one ends everything with exit code 70, and the failure alone is stored. All samples are stored. With \
      --topology the simulated time and memory of the same program stand beside. There are kernels for bf16 and fp16, head \
      dims 64, 128 and 256, and MLA's latent cache.

      EXAMPLES
        treeline measure attention --heads 32 --head-dim 128 --tokens 128k
        treeline measure attention --model llama-3.1-8b --tokens 128k,1M \\
          --devices 0,1,2,3 --topology dgx-h100-1
        treeline measure attention --model deepseek-v3 --tokens 32k \\
          --algorithm tree --all-reduces 1 --collective one-shot
        treeline measure attention --model llama-3.1-8b --tokens 8k \\
          --ranks 4 --share-devices
        mpirun -np 16 treeline measure attention --mpi --heads 32 \\
          --head-dim 128 --tokens 1M --topology dgx-h100-2
      """)

  @Option(help: "The devices, by their numbers; a list, ranks in its order (default: all).")
  var devices: String?

  @Option(help: "Ranks (default: one a device).")
  var ranks: Int?

  @Flag(help: "Let several ranks share a device, which shows whether results are right and no cluster's times.")
  var shareDevices: Bool = false

  @Option(help: "A topology by name or path, to simulate the same programs on and to choose collectives by.")
  var topology: String?

  @OptionGroup(title: "Model and workload options") var workload: WorkloadOptions

  @OptionGroup(title: "Algorithm options") var algorithms: AlgorithmOptions

  @Option(help: "How a step comes to the devices: as one CUDA graph, or its operations one by one.")
  var launch: LaunchWay = .graph

  @Option(
    help: """
      How ranks reach one another: copies from GPU to GPU, or calls of NCCL for messages and all-reduces (default: copies; \
      with --mpi nccl).
      """)
  var transport: Transport?

  @Option(help: ArgumentHelp("With NCCL: how long a step may take (default: 60).", valueName: "seconds"))
  var timeout: Double?

  @OptionGroup var mpi: MPIOptions

  @Flag(help: "Measure with warm second caches, instead of flushing them before every sample.")
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
      "Threads of the CPU; results are the same for any number (default: the cores, with --mpi a rank's share of them).",
      valueName: "number"))
  var jobs: Int?

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      var plan = try AttentionPlan(self)
      if try mpi.isOn { return try measureOverMPI(&plan) }
      let folders = try cuda.folders()
      let driver = try CUDADriver(folders: folders)
      let monitor = try NVMLLibrary(folders: folders)
      try plan.place(on: try driver.devices())
      let library = plan.usesNCCL ? try NCCLLibrary(folders: folders) : nil
      let compiler = try cuda.compiler()
      try driver.checkFits(compiler.compiler)
      let devices = try InstalledDevices(driver: driver, monitor: monitor)
      let database = try storage.open()
      let records = MeasureRecords(
        devices: devices,
        machine: try plan.devices.map {
          "device \($0.index): \($0.name), \(try $0.knownArchitecture()), \($0.multiprocessors) multiprocessors, \($0.bus)"
        } + [Self.software(devices, compiler, library)], seed: seed, usesEmulation: library?.isEmulation == true)
      let found = try records.storingFailure(in: database, inputs: plan.inputs) {
        let sessions = try sessions(of: plan, driver, monitor, compiler)
        let group = try library.map { try CollectiveGroup(library: $0, sessions: sessions, limit: plan.limit) }
        return try plan.measure(on: sessions, group: group)
      }
      try report(found, plan, records, database)
    }
  }

  /// What was measured with, in a line.
  static func software(_ devices: InstalledDevices, _ compiler: KernelCompiler, _ library: NCCLLibrary?) -> String {
    "driver \(devices.driverVersion), CUDA \(devices.cudaVersion); \(compiler.compiler.title)"
      + (library.map { "; \($0.title)" } ?? "")
  }

  /// The devices of a plan, with their kernels loaded.
  func sessions(
    of plan: AttentionPlan, _ driver: CUDADriver, _ monitor: NVMLLibrary?, _ compiler: KernelCompiler
  ) throws -> [DeviceSession] {
    let architectures = try plan.devices.map { try $0.knownArchitecture() }
    let compiled = try compiler.compileAll(for: Set(architectures).sorted(), jobs: plan.jobs)
    return try zip(plan.devices, architectures).map { device, architecture in
      let session = try DeviceSession(
        driver: driver, monitor: monitor, device: device, table: compiler.sources.table)
      for source in compiled where source.architecture == architecture { try session.load(source) }
      return session
    }
  }

  /// Stores and prints what was measured.
  func report(
    _ found: [StepMeasurementReport.Entry], _ plan: AttentionPlan, _ records: MeasureRecords,
    _ database: ResultDatabase?
  ) throws {
    let number = try database?.save(
      run: try records.run(note: nil), inputs: [try records.input()] + plan.inputs,
      results: found.map { records.result($0) })
    let report = StepMeasurementReport(
      machine: records.machine, deviceOfRank: plan.deviceNumbers, isOneProcess: plan.isOneProcess,
      isOneMachine: plan.isOneMachine, entries: found, asGraph: launch == .graph, isEmulation: records.isEmulation)
    if json { return try Output.write(report.json(number: number)) }
    try Output.write(report.lines)
    try Output.write(storage.closingLines([number].compactMap { $0 }))
  }
}

extension MeasureAttention.Transport: ExpressibleByArgument {}
