import Programs
import Quantities
import Topologies

/// The chain of operations and messages that set the finish time of a run, and what its time went into.
///
/// The parts add up to the makespan: an operation starts the moment the last of what it waits for has finished, so
/// walking back from the last operation through those causes leaves no gap.
public struct CriticalPath: Hashable, Sendable {
  /// What a stretch of the path was spent on.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Kernels at their roofline time, or at the time that they are given.
    case compute
    /// Launches of kernels, and the software's posting of messages.
    case overhead
    /// Propagation over the links of a route.
    case latency
    /// Bytes at the bandwidth of the route's slowest link.
    case bandwidth
    /// The rest of a message's time: sharing links with other flows; and what conditions make ranks wait for.
    case waiting
  }

  /// One operation or message on the path.
  public struct Step: Hashable, Sendable {
    /// The operation; for a message, its receive.
    public var operation: OperationID
    /// When the stretch began.
    public var start: Seconds
    /// When it ended.
    public var end: Seconds
    /// Whether it is no operation but the late start of the rank that the operation is of.
    public var isStartDelay = false
  }

  /// What a stretch of the path was limited by: the knob that would shorten it.
  public enum Resource: Hashable, Sendable {
    /// The memory bandwidth of a device type.
    case memory(device: String)
    /// The arithmetic of a device type.
    case arithmetic(device: String)
    /// The launch overhead of a device type.
    case launch(device: String)
    /// Kernels of a device type whose times are given and not worked out from its figures.
    case calibratedKernel(device: String)
    /// The message overhead of a link class.
    case messageOverhead(link: String)
    /// The latency of a link class.
    case latency(link: String)
    /// The bandwidth of a link class.
    case bandwidth(link: String)
    /// The sharing of a link class with other flows.
    case sharing(link: String)
    /// The late start of a rank; a condition of the run, as all below.
    case startDelay(rank: Int)
    /// The slow-down of a rank's kernels, jitter included.
    case slowdown(rank: Int)
    /// The speed that kernels of a device type lose while messages are under way.
    case communication(device: String)
    /// The jitter of a link class's latency.
    case jitter(link: String)
    /// What messages of their size do not reach of a link class's bandwidth.
    case messageEfficiency(link: String)
    /// The bandwidth that links of a class lack from the start.
    case degradation(link: String)
    /// Changes of links of a class during the run, and sharing what they leave.
    case change(link: String)
    /// Waiting for a copy engine of the sender or for room in a receive buffer; the rank is the sender.
    case hold(rank: Int)

    /// The part of the path that time on this resource belongs to.
    public var part: Part {
      switch self {
      case .memory, .arithmetic, .calibratedKernel, .slowdown, .communication: .compute
      case .launch, .messageOverhead: .overhead
      case .latency, .jitter: .latency
      case .bandwidth, .messageEfficiency, .degradation: .bandwidth
      case .sharing, .startDelay, .change, .hold: .waiting
      }
    }
  }

  /// The stretches in the order of time.
  public var steps: [Step]
  /// The time limited by each resource.
  public var resources: [Resource: Seconds]

  /// The time of one part; zero when the path has none of it.
  public func time(_ part: Part) -> Seconds {
    // A dictionary's order differs from one process to the next, and the last bit of a sum with it.
    rankedResources.reduce(.zero) { $1.resource.part == part ? $0 + $1.time : $0 }
  }

  /// The sum of all parts.
  public var total: Seconds { Part.allCases.reduce(.zero) { $0 + time($1) } }

  /// The resources by the time that they limit, most first; equal times in the order of their descriptions.
  public var rankedResources: [(resource: Resource, time: Seconds)] {
    resources.map { (resource: $0.key, time: $0.value) }
      .sorted { left, right in
        left.time == right.time
          ? left.resource.description < right.resource.description : left.time > right.time
      }
  }
}

extension CriticalPath.Resource: CustomStringConvertible {
  /// Such as "bandwidth of ndr".
  public var description: String {
    switch self {
    case .memory(let device): "memory bandwidth of \(device)"
    case .arithmetic(let device): "arithmetic of \(device)"
    case .launch(let device): "launch overhead of \(device)"
    case .calibratedKernel(let device): "calibrated kernels on \(device)"
    case .messageOverhead(let link): "message overhead of \(link)"
    case .latency(let link): "latency of \(link)"
    case .bandwidth(let link): "bandwidth of \(link)"
    case .sharing(let link): "sharing of \(link) with other flows"
    case .startDelay(let rank): "start delay of rank \(rank)"
    case .slowdown(let rank): "slow-down of rank \(rank)"
    case .communication(let device): "communication on \(device)"
    case .jitter(let link): "jitter of \(link)"
    case .messageEfficiency(let link): "message sizes on \(link)"
    case .degradation(let link): "degradation of \(link)"
    case .change(let link): "changes of \(link)"
    case .hold(let rank): "copy engines or receive buffers of rank \(rank)'s messages"
    }
  }
}
