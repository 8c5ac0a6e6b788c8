import CPUNumerics
import Quantities

/// What a whole step on devices took.
public struct StepMeasurement: Sendable {
  /// Its times, sensors and errors, as those of a kernel; the bytes are those of keys and values.
  public let measurement: KernelMeasurement
  /// The step on the devices that it ran on.
  public let memory: StepMemory
  /// The bytes of messages from a rank to another each time.
  public let bytesByPair: [[Bytes]]
  /// The bytes that each rank gave to all-reduces of NCCL each time.
  public let reducedBytesByRank: [Bytes]
  /// Launches, copies and calls of NCCL of one run.
  public let launchCount: Int
  /// Whether every device reached every other one's memory; nil where NCCL found the ways.
  public let hasPeerAccess: Bool?

  /// All that ranks sent to others in messages of one run.
  public var sent: Bytes { bytesByPair.joined().reduce(.zero, +) }
  /// All that ranks gave to all-reduces of NCCL in one run.
  public var reduced: Bytes { reducedBytesByRank.reduce(.zero, +) }
}

/// The memory of a step on devices, by rank.
public struct StepMemory: Sendable {
  /// The most bytes of the program's buffers that are live at once.
  public let peaks: [Bytes]
  /// What holds them.
  public let arenas: [Bytes]
  /// What is there beside them: the states of splits, and inputs that are put back.
  public let scratch: [Bytes]
}

/// Times whole steps on devices, once the CPU has found their results right, and finds them right again afterwards.
///
/// A sample is the time on rank 0's device from before the first operation of any rank to after the last. Where other
/// processes have ranks too there is no such clock: a sample is the longest that any process took on its first rank's device,
/// from a common start right after an all-reduce of one element to the end of its own ranks' operations. Before each one the
/// inputs are put back that the step overwrites, and, where the second caches are flushed, memory twice as large as they
/// are is overwritten on every device; all of that has ended when the sample begins.
public final class StepBench {
  private let plan: RepeatPlan
  private let way: LaunchWay
  private let processes: any CollectiveProcesses
  private let flushed: [(session: DeviceSession, buffer: DeviceBuffer)]
  /// Runs before the first sample, after those of the check.
  static let warmUps = 3

  /// Creates a bench.
  ///
  /// - Parameters:
  ///   - sessions: The devices.
  ///   - plan: How often.
  ///   - flushes: Whether second caches are flushed before every sample.
  ///   - way: How a step comes to the devices: as one CUDA graph, in each process one, or its operations one by one.
  ///   - processes: Who has ranks.
  /// - Throws: ``CUDAError`` where there is no memory to flush caches by.
  public init(
    sessions: [DeviceSession], plan: RepeatPlan, flushes: Bool, way: LaunchWay,
    processes: any CollectiveProcesses = LoneProcess()
  ) throws(CUDAError) {
    (self.plan, self.way, self.processes) = (plan, way, processes)
    var flushed: [(session: DeviceSession, buffer: DeviceBuffer)] = []
    for session in sessions where flushes {
      let bytes = Int(session.device.cache.count) * 2
      flushed.append((session, try session.allocate(bytes, for: "the flush of the second cache")))
    }
    self.flushed = flushed
  }

  /// Checks messages and outputs, measures, and checks outputs again.
  ///
  /// - Parameters:
  ///   - executor: The step, its inputs loaded.
  ///   - check: What its output is held to.
  ///   - label: What it is, for reports.
  ///   - algorithm: The algorithm.
  ///   - options: Its options and sizes in a canonical text.
  /// - Throws: ``CUDAError``; `wrongStep`, in all processes, where devices and CPU differ by more than rounding explains.
  public func measure(
    _ executor: DeviceExecutor, _ check: StepCheck, label: String, algorithm: String, options: String
  ) throws -> StepMeasurement {
    try executor.runComparingMessages(label, processes)
    var excess = try check.excess(executor, label: label, processes)
    if way == .graph {
      try executor.record()
      try executor.restore()
      _ = try processes.limited("checking \(label)") { try executor.run(asGraph: true) }
      try executor.compareWhatLasts(label, processes)
      excess = max(excess, try check.excess(executor, label: label, processes))
    }
    for _ in 0..<Self.warmUps { _ = try sample(executor, label) }
    var watch = SensorWatch(executor.sessionsInUse)
    let times = try plan.runBatches { count in
      var samples: [Double] = []
      for _ in 0..<count {
        let time = try self.sample(executor, label)
        watch.see(time)
        samples.append(time)
      }
      return try self.processes.largest(samples)
    }.told(label)
    let readings = watch.finish()
    try executor.compareWhatLasts(label, processes)
    excess = max(excess, try check.excess(executor, label: label, processes))
    let way = " way=\(way.rawValue)" + (flushed.isEmpty ? " cache=warm" : " cache=flushed")
    let workload = executor.workload
    return StepMeasurement(
      measurement: KernelMeasurement(
        label: label, kernel: algorithm, options: options + way,
        work: .bytes(workload.cacheBytes(tokens: workload.tokens).count), times: times,
        isPrecise: times.relativeWidth <= plan.precision, excess: excess, readings: readings),
      memory: StepMemory(
        peaks: executor.peakBytesByRank, arenas: executor.arenaBytesByRank, scratch: executor.scratchBytesByRank),
      bytesByPair: executor.bytesByPair, reducedBytesByRank: executor.reducedBytesByRank,
      launchCount: executor.launchCount, hasPeerAccess: executor.hasPeerAccess)
  }

  private func sample(_ executor: DeviceExecutor, _ label: String) throws -> Double {
    try executor.restore()
    for (session, buffer) in flushed { try session.fill(buffer) }
    for (session, _) in flushed { try session.synchronize("flushing the second cache") }
    return try processes.limited("timing \(label)") { try executor.run(asGraph: way == .graph).seconds }
  }
}

/// What the output of a step is held to.
public struct StepCheck: Sendable {
  private let references: [(row: Int, reference: DeviceReference, bounds: [Double])]

  /// Works out how far each head may be off.
  ///
  /// - Parameters:
  ///   - references: What heads must give.
  ///   - numbers: The step.
  ///   - ranks: The ranks.
  ///   - folds: Whether states are folded rank by rank, as in a ring.
  public init(
    _ references: [(row: Int, reference: DeviceReference)], of numbers: StepNumbers, ranks: Int, folds: Bool
  ) {
    let workload = numbers.workload
    self.references = references.map { row, reference in
      (
        row, reference,
        reference.stepBounds(
          ranks: ranks, folds: folds, partial: NumberFormat(workload.partialType), output: NumberFormat(workload.type))
      )
    }
  }

  /// The largest error of any rank's output as a share of its bound, over all processes.
  ///
  /// - Throws: ``CUDAError/wrongStep(_:problem:)``, in all processes, where it is above 1.
  func excess(_ executor: DeviceExecutor, label: String, _ processes: any CollectiveProcesses) throws -> Double {
    var worst = 0.0
    var problem: String?
    let dim = executor.workload.shape.valueDim
    for rank in executor.ranks {
      let output = try executor.output(ofRank: rank)
      for (row, reference, bounds) in references {
        let share = reference.excess(output.dropFirst(row * dim).prefix(dim), of: bounds)
        guard share <= 1 else {
          problem =
            problem
            ?? "head \(row) of rank \(rank) is off by \(NumberText.format(share, significantDigits: 3)) times what "
            + "rounding explains"
          continue
        }
        worst = max(worst, share)
      }
    }
    if let problem = try processes.agreed(problem, rank: executor.ranks.first ?? 0) {
      throw CUDAError.wrongStep(label, problem: problem)
    }
    return try processes.largest([worst])[0]
  }
}
