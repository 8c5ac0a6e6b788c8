import Attention
import CPUNumerics
import CUDABackend
import Experiments
import Quantities
import Reporting
import ResultStore
import Workloads

/// What a command line asks `treeline measure attention` to run, every option checked before any device is asked for.
struct AttentionPlan {
  /// Threads of the CPU.
  private(set) var jobs: Int
  private let sharesProcessors: Bool
  /// What a run was made from beside the machine.
  let inputs: [InputRecord]
  /// The devices of this process, once they are known.
  private(set) var devices: [DeviceDescription] = []
  /// For each rank the number of its device on its machine.
  private(set) var deviceNumbers: [Int] = []
  /// Whether messages and all-reduces are calls of NCCL.
  let usesNCCL: Bool
  /// How long a step may take where they are.
  let limit: Seconds
  /// The devices that were asked for, by their numbers; nil for all.
  let asked: [Int]?
  /// For each rank the place of its device among ``devices``; nil for the ranks of other processes.
  private var deviceOfRank: [Int?] = []
  /// The ranks of each machine where there may be several.
  private var machines: [[Int]]?
  private let workloads: [AttentionWorkload]
  private let choices: [AlgorithmChoice]
  private let options: StepOptions
  private let topology: ResolvedTopology?
  private let repeats: RepeatPlan
  private let flushes: Bool
  private let way: LaunchWay
  private let seed: UInt64
  private let ranks: Int?
  private let sharesDevices: Bool

  /// The most ranks: devices of one node, or what some share.
  static let mostRanks = 64

  init(_ command: MeasureAttention) throws {
    let library = Environment.library
    let model = try command.workload.resolveModel(library, [])
    workloads = try command.workload.tokenCounts().map { tokens in
      let workload = try command.workload.workload(of: model.model, tokens: tokens)
      try Self.validate(workload)
      return workload
    }
    choices = try command.algorithms.choices()
    options = try command.algorithms.stepOptions()
    for workload in workloads { try command.algorithms.validateLayout(for: choices, workload) }
    if options.expandsHeads, choices.contains(.ring), model.model.attention.valuesShareKeys {
      throw UsageError("--ring-heads: found query over a latent cache, for which there are no kernels; expected kv")
    }
    topology = try command.topology.map { try ResolvedTopology($0, from: library) }
    asked = try TransferSettings.devices(command.devices)
    for (option, value, most) in [
      ("--ranks", command.ranks ?? 1, Self.mostRanks), ("--repeats", command.repeats, 100_000),
    ] where !(1...most).contains(value) {
      throw UsageError("\(option): found \(value), expected 1 to \(most)")
    }
    let precision = try command.precision.checked()
    let isOverMPI = try command.mpi.isOn
    usesNCCL = command.transport == .nccl || isOverMPI
    if isOverMPI {
      guard command.transport != .copies else {
        throw UsageError(
          "--transport: found copies with --mpi, expected nccl: a device copies to none of another process")
      }
      for (option, isGiven) in [("--ranks", command.ranks != nil), ("--share-devices", command.shareDevices)]
      where isGiven {
        throw UsageError("\(option): not with --mpi, which makes each process a rank with a device of its own")
      }
    }
    if usesNCCL, command.shareDevices {
      throw UsageError("--share-devices: not with --transport nccl, for which every rank needs a device of its own")
    }
    guard usesNCCL || command.timeout == nil else {
      throw UsageError("--timeout: found without NCCL, expected with --transport nccl or --mpi")
    }
    limit = try TransferSettings.limit(command.timeout ?? 60)
    ranks = command.ranks
    sharesDevices = command.shareDevices
    repeats = RepeatPlan(most: command.repeats, precision: precision)
    flushes = !command.warmCache
    way = command.launch
    seed = command.seed
    jobs = try JobOptions.count(command.jobs)
    sharesProcessors = command.jobs == nil
    inputs =
      [InputRecord(hash: model.hash, kind: "model", name: model.model.name, text: model.text)]
      + (topology.map { [InputRecord(hash: $0.hash, kind: "topology", name: $0.topology.name, text: $0.text)] } ?? [])
  }

  /// Checks that there are kernels for a step.
  private static func validate(_ workload: AttentionWorkload) throws {
    let shape = workload.shape
    guard (1...(1 << 24)).contains(workload.tokens) else {
      throw UsageError("--tokens: found \(workload.tokens), expected 1 to \(1 << 24) tokens")
    }
    guard (1...4096).contains(workload.batch) else {
      throw UsageError("--batch: found \(workload.batch), expected 1 to 4096")
    }
    guard workload.queryTokens == 1 else {
      throw UsageError("--query-tokens: found \(workload.queryTokens), expected 1: whole steps decode on devices")
    }
    guard [DataType.bf16, .fp16].contains(workload.type) else {
      throw UsageError("--dtype: found \(workload.type), expected bf16 or fp16, for which there are kernels")
    }
    guard [DataType.fp32, workload.type].contains(workload.partialType) else {
      throw UsageError(
        "--partial-dtype: found \(workload.partialType), expected fp32 or \(workload.type), for which there are "
          + "kernels")
    }
    let fits =
      shape.valuesShareKeys
      ? (shape.keyDim, shape.valueDim) == (576, 512)
      : shape.keyDim == shape.valueDim && [64, 128, 256].contains(shape.keyDim)
    guard fits else {
      throw UsageError(
        "--head-dim: found \(shape.keyDim)\(shape.valuesShareKeys ? " with values of \(shape.valueDim)" : ""), expected "
          + "64, 128 or 256, or a latent cache of 512 + 64, for which there are kernels")
    }
  }

  /// Chooses the devices of the ranks.
  ///
  /// - Throws: ``UsageError`` where a device is not there, or too few are.
  mutating func place(on all: [DeviceDescription]) throws {
    let chosen = asked ?? Array(all.indices)
    for number in chosen where !all.indices.contains(number) {
      throw CUDAError.noDevice("--devices \(number), and there are \(all.count), numbered from 0")
    }
    let count = ranks ?? chosen.count
    guard count <= chosen.count || sharesDevices else {
      throw UsageError(
        "--ranks: found \(count) on \(chosen.count) device\(chosen.count == 1 ? "" : "s"), expected at most one a device; "
          + "--share-devices lets several ranks share one")
    }
    try validate(ranks: count, option: "--devices")
    let used = min(count, chosen.count)
    devices = chosen.prefix(used).map { all[$0] }
    let places = (0..<count).map { $0 * used / count }
    deviceOfRank = places
    deviceNumbers = places.map { devices[$0].index }
  }

  /// Takes the devices that the ranks of MPI have.
  ///
  /// - Throws: ``UsageError`` where there are too many ranks.
  mutating func place(_ rank: DeviceRank) throws {
    let count = rank.placeOfRank.count
    try validate(ranks: count, option: "--mpi")
    devices = [rank.device]
    deviceOfRank = (0..<count).map { $0 == rank.transport.rank ? 0 : nil }
    deviceNumbers = rank.placeOfRank.map { asked?[$0] ?? $0 }
    machines = rank.machines ?? [Array(0..<count)]
    // The ranks of a machine work out the same references at the same time.
    if sharesProcessors { jobs = max(1, jobs / rank.perMachine) }
  }

  private func validate(ranks count: Int, option: String) throws {
    guard count <= Self.mostRanks else {
      throw UsageError("\(option): found \(count) ranks, expected at most \(Self.mostRanks)")
    }
    if let topology, topology.topology.deviceCount < count {
      throw UsageError(
        "--topology: found \(topology.topology.name) of \(topology.topology.deviceCount) devices, expected \(count)")
    }
  }

  /// Whether all ranks are of this process.
  var isOneProcess: Bool { machines == nil }

  /// Whether all ranks are of one machine.
  var isOneMachine: Bool { (machines?.count ?? 1) == 1 }

  /// Runs all that was asked for, one after another.
  ///
  /// - Parameters:
  ///   - sessions: The devices of this process.
  ///   - group: The ranks as NCCL has them; nil for copies.
  ///   - processes: Who has ranks.
  ///   - showsProgress: Whether this process shows it.
  func measure(
    on sessions: [DeviceSession], group: CollectiveGroup?, processes: any CollectiveProcesses = LoneProcess(),
    showsProgress: Bool = true
  ) throws -> [StepMeasurementReport.Entry] {
    let bench = try StepBench(
      sessions: sessions, plan: repeats, flushes: flushes, way: way, processes: processes)
    var progress = Progress(total: workloads.count * choices.count, of: "steps")
    defer { progress.finish() }
    var found: [StepMeasurementReport.Entry] = []
    for workload in workloads {
      let numbers = StepNumbers(workload: workload, seed: seed, jobs: jobs)
      let references = numbers.references(jobs: jobs)
      for choice in choices {
        let ranks = choice == .single ? 1 : deviceOfRank.count
        let (algorithm, simulated) = try resolve(choice, workload, ranks)
        let program = algorithm.program(for: workload, on: rankGroup(of: ranks))
        let taking = ranks == deviceOfRank.count ? group : nil
        let executor = try DeviceExecutor(
          program, workload: workload, sessions: sessions, devices: Array(deviceOfRank.prefix(ranks)), group: taking)
        try executor.load(numbers)
        let step = try bench.measure(
          executor, StepCheck(references, of: numbers, ranks: ranks, folds: choice == .ring),
          label: label(algorithm, ranks, workload), algorithm: algorithm.name,
          options: text(algorithm, ranks, workload, references.count, taking))
        if let simulated, simulated.bytesSentByRank != program.bytesSentByRank {
          throw CUDAError.program("it sends other bytes than the simulated one")
        }
        found.append(StepMeasurementReport.Entry(step: step, simulated: simulated))
        if showsProgress { progress.update(done: found.count) }
      }
    }
    return found
  }

  /// The ranks of a step and the nodes that they are in: as the cluster has them that was named, or as they were found.
  private func rankGroup(of ranks: Int) -> RankGroup {
    if let topology { return RankGroup(first: ranks, of: topology.topology) }
    var group = RankGroup(oneNodeOf: ranks)
    if let machines, ranks == deviceOfRank.count { group.nodes = machines }
    return group
  }

  /// The algorithm, and what the simulator says of it where a cluster was named. Without one, collectives that are left to
  /// choose are rings.
  private func resolve(
    _ choice: AlgorithmChoice, _ workload: AttentionWorkload, _ ranks: Int
  ) throws -> (any AttentionAlgorithm, StepFigures?) {
    guard let topology else { return (options.algorithm(choice, for: workload) { _ in .flat(.ring) }, nil) }
    let experiment = StepExperiment(
      topology: topology.topology, workload: workload, layers: 1, ranks: ranks, options: options)
    try experiment.validate([choice])
    return (experiment.chosenAlgorithm(choice), try experiment.run(choice).figures)
  }

  private func label(_ algorithm: any AttentionAlgorithm, _ ranks: Int, _ workload: AttentionWorkload) -> String {
    "\(algorithm.name), \(ranks == 1 ? "1 rank" : "\(ranks) ranks"), \(workload.tokens) tokens"
  }

  private func text(
    _ algorithm: any AttentionAlgorithm, _ ranks: Int, _ workload: AttentionWorkload, _ compared: Int,
    _ group: CollectiveGroup?
  ) -> String {
    let shape = workload.shape
    let dims =
      shape.valuesShareKeys
      ? "latent-dim=\(shape.valueDim) rope-dim=\(shape.keyDim - shape.valueDim)" : "head-dim=\(shape.keyDim)"
    let places = deviceNumbers.prefix(ranks).map { "\($0)" }.joined(separator: ",")
    let transport = group.map { "nccl (\($0.library.title))" } ?? "copies"
    return "\(algorithm.options); type=\(workload.type) partial-type=\(workload.partialType) heads=\(shape.queryHeads) "
      + "kv-heads=\(shape.kvHeads) \(dims) batch=\(workload.batch) tokens=\(workload.tokens) ranks=\(ranks) "
      + "devices=\(places) transport=\(transport) seed=\(seed) compared-heads=\(compared)"
  }
}
