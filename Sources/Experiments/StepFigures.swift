import Quantities
import Simulation

/// What a simulated step came to: the figures of a run without the run itself. Every number in it is *simulated*.
public struct StepFigures: Sendable {
  /// The number of ranks that took part.
  public var ranks: Int
  /// The time of the step of one layer.
  public var makespan: Seconds
  /// The chain of operations that set it.
  public var criticalPath: CriticalPath
  /// The bytes that each rank sent.
  public var bytesSentByRank: [Bytes]
  /// The traffic of each link class.
  public var trafficByClass: [LinkClassTraffic]
  /// The link that worked hardest; nil when nothing was sent.
  public var busiestLink: BusiestLink?
  /// The peak of each rank.
  public var peakBytesByRank: [Bytes]
  /// The rank with the highest peak, with its moment and breakdown.
  public var peak: PeakMemory
  /// The number of messages.
  public var messages: Int
  /// The number of operations.
  public var operations: Int

  /// Takes the figures of a run.
  public init(of run: SimulationRun) {
    ranks = run.program.worldSize
    makespan = run.makespan
    criticalPath = run.criticalPath()
    bytesSentByRank = run.bytesSentByRank
    trafficByClass = run.trafficByClass
    busiestLink = run.busiestLink
    peakBytesByRank = run.peakBytesByRank
    peak = run.peakMemory(ofRank: run.peakRank)
    messages = run.program.messages.count
    operations = run.program.count
  }

  /// The bytes of all ranks.
  public var totalBytes: Bytes { bytesSentByRank.reduce(.zero, +) }
  /// The most bytes that a rank sent.
  public var largestBytesSent: Bytes { bytesSentByRank.max() ?? .zero }

  /// The part of the step that does not grow with the context: launches, message overheads and latencies on the
  /// critical path. A model pays it once a layer.
  public var fixedCost: Seconds { time(.overhead) + time(.latency) }

  /// The time of a part of the critical path.
  ///
  /// Summed in the order of the resources' times: the order of a dictionary differs from run to run, and with it would
  /// the last bits of the sum.
  public func time(_ part: CriticalPath.Part) -> Seconds {
    criticalPath.rankedResources.reduce(.zero) { $1.resource.part == part ? $0 + $1.time : $0 }
  }
}
