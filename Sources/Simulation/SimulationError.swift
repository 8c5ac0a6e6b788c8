import Quantities

/// Why a program could not be simulated.
public enum SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The program has more ranks than the cluster has devices.
  case tooFewDevices(needed: Int, available: Int)
  /// Two ranks that exchange a message are not connected.
  case noRoute(from: Int, to: Int)
  /// The program can't go on: operations wait for one another, or for something that never comes.
  case deadlock(finished: Int, total: Int, waiting: [String])
  /// A buffer was allocated while live or freed while not.
  case badBufferLife(operation: String)
  /// The run finished sooner than physics allows: a bug in the simulator, never a result.
  case boundBroken(String)
  /// Failed links leave no way between two ranks that exchange a message, and none of them comes back.
  case cutOff(from: Int, to: Int, at: Seconds, failed: [String])
  /// Events go on and on while the clock stands still.
  case noProgress(at: Seconds, events: Int)
  /// Background traffic of more messages than a run can follow.
  case tooMuchBackground(messages: Int)
  /// More events than the queue can number.
  case tooManyEvents

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .tooFewDevices(let needed, let available):
      "the program has \(needed) ranks, but the cluster has \(available) devices"
    case .noRoute(let from, let to):
      "no route from rank \(from) to rank \(to)"
    case .deadlock(let finished, let total, let waiting):
      "deadlock after \(finished) of \(total) operations; waiting: " + waiting.joined(separator: "; ")
    case .badBufferLife(let operation):
      "a buffer is allocated twice or freed while not live: \(operation)"
    case .boundBroken(let what):
      "a physical bound was broken, which is a bug of the simulator: \(what)"
    case .cutOff(let from, let to, let time, let failed):
      "rank \(from) is cut off from rank \(to) at \(time): no way over switches is left without "
        + failed.prefix(4).joined(separator: ", ")
        + (failed.count > 4 ? " and \(failed.count - 4) more failed links" : "")
    case .noProgress(let time, let events):
      "no progress: \(events) events at \(time) and the clock stands still"
    case .tooMuchBackground(let messages):
      "the background traffic came to more than \(messages) messages; give it larger ones, or fewer"
    case .tooManyEvents:
      "the run needs more than 2^31 events"
    }
  }
}
