import Quantities

/// What the messages of one step of a collective pay on a topology, when all carry equally many bytes.
///
/// A step ends when its slowest message has, were it alone once its sender has posted it, and when every link has
/// carried what crosses it, from the first post and the mean latency of those messages on; then the receiver reduces. Only lines that can be slowest for some size are kept,
/// so that a step of thousands of messages is a handful of them.
struct StepProfile {
  /// A kind of message, or a link.
  struct Line: Hashable {
    /// The posting of its sender up to and with it.
    var overhead: Double
    var latency: Double
    /// Seconds a byte that no absent message shortens: on a message's slowest link, or on a link into a receiver.
    var alone: Double
    /// Seconds a byte on a link inside the network, when every message of the step is under way.
    var shared: Double
    /// Seconds to combine a byte at the receiver.
    var combining: Double

    /// Whether this can never be slower than the other.
    func isCovered(by other: Line) -> Bool {
      overhead + latency <= other.overhead + other.latency && alone <= other.alone && shared <= other.shared
        && combining <= other.combining
    }
  }

  private(set) var lines: [Line] = []
  private var sum = Line(overhead: 0, latency: 0, alone: 0, shared: 0, combining: 0)
  private var count = 0.0

  /// Adds a message.
  mutating func add(message line: Line) {
    count += 1
    sum.overhead += line.overhead
    sum.latency += line.latency
    sum.alone += line.alone
    sum.combining += line.combining
    add(line)
  }

  /// Adds a link, or a message that is not part of the mean.
  mutating func add(_ line: Line) {
    for known in lines where line.isCovered(by: known) { return }
    lines.removeAll { $0.isCovered(by: line) }
    lines.append(line)
  }

  /// The cost of the step.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of every message.
  ///   - presence: The share of the messages that carry anything, which thins the load of links inside the network.
  ///   - posted: The share of a sender's messages that it posts.
  ///   - reductions: How many slices the receiver combines, one after another.
  func cost(bytes: Double, presence: Double, posted: Double, reductions: Double) -> CollectiveCost {
    var slowest = CollectiveCost.zero
    var longest = -1.0
    for line in lines {
      let transfer = bytes * max(line.alone, line.shared * presence)
      let combining = reductions * bytes * line.combining
      let overhead = line.overhead * posted
      let time = overhead + line.latency + transfer + combining
      guard time > longest else { continue }
      longest = time
      slowest = CollectiveCost(
        overhead: Seconds(overhead), latency: Seconds(line.latency), bandwidth: Seconds(transfer),
        reduction: Seconds(combining))
    }
    return slowest
  }

  /// The mean over the messages of the step, each on its own: a step of what one chunk pays that goes around a ring.
  func meanCost(bytes: Double, reductions: Double) -> CollectiveCost {
    guard count > 0 else { return .zero }
    return CollectiveCost(
      overhead: Seconds(sum.overhead / count), latency: Seconds(sum.latency / count),
      bandwidth: Seconds(bytes * sum.alone / count), reduction: Seconds(reductions * bytes * sum.combining / count))
  }
}
