import CUDABackend
import Experiments
import Quantities

/// What whole steps took on devices, beside what the simulator says of the same programs.
public struct StepMeasurementReport: Sendable {
  /// A step.
  public struct Entry: Sendable {
    /// What it took.
    public let step: StepMeasurement
    /// What the simulator says of the program on the cluster that was named; nil for none.
    public let simulated: StepFigures?

    /// Creates an entry.
    public init(step: StepMeasurement, simulated: StepFigures?) {
      (self.step, self.simulated) = (step, simulated)
    }
  }

  private struct Document: Encodable {
    struct Simulated: Encodable {
      let provenance: String
      let seconds: Double
      let peakBytesByRank: [Int64]
    }
    struct Step: Encodable {
      let launches: Int
      let bytesSent: Int64
      let bytesByPair: [[Int64]]
      let reducedBytesByRank: [Int64]
      let peakBytesByRank: [Int64]
      let arenaBytesByRank: [Int64]
      let scratchBytesByRank: [Int64]
      let hasPeerAccess: Bool?
      let simulated: Simulated?
    }
    let number: Int64?
    let machine: [String]
    let deviceOfRank: [Int]
    let measurements: [KernelMeasurementReport.Entry]
    let steps: [Step]
  }

  private let kernels: KernelMeasurementReport
  private let entries: [Entry]
  private let machine: [String]
  private let deviceOfRank: [Int]
  private let isEmulation: Bool

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: What was measured on, a line each.
  ///   - deviceOfRank: The number of each rank's device on its machine.
  ///   - isOneProcess: Whether all ranks are of one process.
  ///   - isOneMachine: Whether all ranks are of one machine.
  ///   - entries: The steps.
  ///   - asGraph: Whether each was one CUDA graph.
  ///   - isEmulation: Whether all of it was on the tests' emulation.
  public init(
    machine: [String], deviceOfRank: [Int], isOneProcess: Bool, isOneMachine: Bool, entries: [Entry], asGraph: Bool,
    isEmulation: Bool
  ) {
    (self.machine, self.entries, self.deviceOfRank, self.isEmulation) = (machine, entries, deviceOfRank, isEmulation)
    kernels = KernelMeasurementReport(
      machine: machine + [Self.placement(deviceOfRank, isOneMachine: isOneMachine)],
      measurements: entries.map(\.step.measurement), isEmulation: isEmulation,
      about: "Times are in microseconds of one layer's step on rank 0's device, from before the first operation of any "
        + "rank to after the last, "
        + (asGraph ? "as one CUDA graph." : "launched operation by operation, the host's launches among them.")
        + (isOneProcess
          ? ""
          : " Each rank is a process and has a clock of its own: of every run the longest time of any rank counts, from a "
            + "common start right after an all-reduce of one element."))
  }

  /// Which devices the ranks are on, in a sentence.
  static func placement(_ devices: [Int], isOneMachine: Bool) -> String {
    let distinct = Set(devices)
    let ranks = devices.count == 1 ? "1 rank" : "\(devices.count) ranks"
    let names = devices.map { "\($0)" }.joined(separator: ", ")
    guard isOneMachine else { return "\(ranks) on several machines, on device \(names) of their own" }
    guard distinct.count < devices.count else {
      return "\(ranks) on device\(devices.count == 1 ? "" : "s") \(names)"
    }
    return "\(ranks) on devices \(names): several ranks SHARE a device, which tells of right results and of no cluster"
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    let hasSimulated = entries.contains { $0.simulated != nil }
    let hasReduced = entries.contains { $0.step.reduced > .zero }
    var table = TextTable(
      columns: ["step", isEmulation ? "EMULATED" : "measured"] + (hasSimulated ? ["simulated"] : [])
        + ["launches", "sent"] + (hasReduced ? ["reduced"] : []) + ["peak", "arena", "beside"])
    func microseconds(_ seconds: Double) -> String { NumberText.format(seconds * 1e6, significantDigits: 4) }
    func most(_ bytes: [Bytes]) -> String { "\(bytes.max() ?? .zero)" }
    for (step, simulated) in entries.map({ ($0.step, $0.simulated) }) {
      table.add(
        [step.measurement.label, microseconds(step.measurement.times.median)]
          + (hasSimulated ? [simulated.map { microseconds($0.makespan.seconds) } ?? ""] : [])
          + ["\(step.launchCount)", "\(step.sent)"] + (hasReduced ? ["\(step.reduced)"] : [])
          + [most(step.memory.peaks), most(step.memory.arenas), most(step.memory.scratch)])
    }
    var notes = [
      """
      Launches are kernels, copies and calls of NCCL of all ranks. \(Self.reductions(entries)) Sent is what went between ranks \
      in messages, as the program has it. Peaks are those of the rank \
      with most: of the program's buffers; then the memory that holds them, and what lies beside it (states of splits, \
      inputs that are put back before every sample).
      """
    ]
    for entry in entries {
      guard let simulated = entry.simulated, simulated.peakBytesByRank != entry.step.memory.peaks else { continue }
      notes.append(
        "\(entry.step.measurement.label): the simulator's peak is \(most(simulated.peakBytesByRank)), as "
          + (entry.step.reduced > .zero
            ? "what an all-reduce receives into is among it there, and NCCL has memory of its own."
            : "buffers live and die in another order there."))
    }
    if entries.contains(where: { $0.step.hasPeerAccess == false }) {
      notes.append("Not every device reaches every other one's memory: copies between these go through the host's.")
    }
    return kernels.lines + [""] + table.lines + notes.flatMap { TextTable.wrap($0, TextTable.widest) }
  }

  private static func reductions(_ entries: [Entry]) -> String {
    guard entries.contains(where: { $0.step.reduced > .zero }) else {
      return """
        Reductions, which a library does inside its own kernel and the simulator counts so, are launched one by one.
        """
    }
    return """
      All-reduces are NCCL's own, as it chooses to do them; reduced is what all ranks give to them. The simulator does them \
      by the algorithm that the step's options name.
      """
  }

  /// The report as JSON.
  ///
  /// - Parameter number: The number of the stored run.
  public func json(number: Int64?) throws -> String {
    try JSONText.encode(
      Document(
        number: number, machine: machine, deviceOfRank: deviceOfRank, measurements: kernels.entries,
        steps: entries.map { entry in
          let step = entry.step
          return Document.Step(
            launches: step.launchCount, bytesSent: step.sent.count,
            bytesByPair: step.bytesByPair.map { $0.map(\.count) },
            reducedBytesByRank: step.reducedBytesByRank.map(\.count), peakBytesByRank: step.memory.peaks.map(\.count),
            arenaBytesByRank: step.memory.arenas.map(\.count), scratchBytesByRank: step.memory.scratch.map(\.count),
            hasPeerAccess: step.hasPeerAccess,
            simulated: entry.simulated.map {
              Document.Simulated(
                provenance: Provenance.simulated.rawValue, seconds: $0.makespan.seconds,
                peakBytesByRank: $0.peakBytesByRank.map(\.count))
            })
        }))
  }
}
