import Programs
import Quantities

/// The chain of operations and messages that set the finish time of a run, and what its time went into.
///
/// The parts add up to the makespan: an operation starts the moment the last of what it waits for has finished, so
/// walking back from the last operation through those causes leaves no gap.
public struct CriticalPath: Hashable, Sendable {
  /// What a stretch of the path was spent on.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Kernels at their roofline time.
    case compute
    /// Launches of kernels and posting of messages.
    case overhead
    /// Propagation over the links of a route.
    case latency
    /// Bytes at the bandwidth of the route's slowest link.
    case bandwidth
    /// The rest of a message's time: sharing links with other flows.
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
  }

  /// The stretches in the order of time.
  public var steps: [Step]
  /// The time of each part.
  public var parts: [Part: Seconds]

  /// The time of one part; zero when the path has none of it.
  public func time(_ part: Part) -> Seconds { parts[part] ?? .zero }

  /// The sum of all parts.
  public var total: Seconds { Part.allCases.reduce(.zero) { $0 + time($1) } }

  /// The part that took the most time; the first in declaration order among equals.
  public var dominantPart: Part {
    Part.allCases.max { time($0) < time($1) } ?? .compute
  }
}

extension SimulationRun {
  /// The critical path, found by walking back from the operation that finished last (the first of equals).
  ///
  /// - Complexity: O(operations + messages).
  public func criticalPath() -> CriticalPath {
    var parts: [CriticalPath.Part: Seconds] = [:]
    var steps: [CriticalPath.Step] = []
    let finishes = timeline.finishes
    guard var index = finishes.indices.max(by: { (finishes[$0], -$0) < (finishes[$1], -$1) }) else {
      return CriticalPath(steps: [], parts: [:])
    }
    while true {
      var cause = timeline.causes[index]
      var operation = index
      var start = timeline.starts[index]
      switch program.kinds[index] {
      case .compute:
        let kernel = program.kernels[Int(program.subjects[index])]
        let profile = topology.profile(ofRank: Int(program.ranks[index]))
        let launch = kernel.launched ? profile.launchOverhead : .zero
        let span = Seconds(finishes[index] - start)
        parts[.overhead, default: .zero] += min(launch, span)
        parts[.compute, default: .zero] += span - min(launch, span)
      case .send, .receive:
        let message = program.messages[Int(program.subjects[index])]
        let route = timeline.routes[Int(timeline.routeOfMessage[Int(program.subjects[index])])]
        start = timeline.messageStarts[Int(program.subjects[index])]
        // The side that was reached last is the one that set the start.
        let later = timeline.starts[Int(message.send)] > timeline.starts[Int(message.receive)]
        operation = Int(message.receive)
        cause = timeline.causes[Int(later ? message.send : message.receive)]
        let transfer = message.bytes > 0 ? Bytes(message.bytes) / route.bandwidth : .zero
        let span = Seconds(finishes[index] - start)
        parts[.overhead, default: .zero] += route.messageOverhead
        parts[.latency, default: .zero] += route.latency
        parts[.bandwidth, default: .zero] += transfer
        // Rounding may leave a hair below zero.
        let rest = span - route.messageOverhead - route.latency - transfer
        parts[.waiting, default: .zero] += rest.seconds > 1e-12 * span.seconds ? rest : .zero
      case .allocate, .free:
        break
      }
      if finishes[index] > start {
        steps.append(
          CriticalPath.Step(
            operation: OperationID(Int32(operation)), start: Seconds(start), end: Seconds(finishes[index])))
      }
      guard cause >= 0 else { break }
      index = Int(cause)
    }
    return CriticalPath(steps: steps.reversed(), parts: parts)
  }
}
