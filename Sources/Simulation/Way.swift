import Topologies

/// The figures of a route that the inner loops need, as plain numbers.
struct Way {
  /// The time to post a message, in seconds.
  var overhead: Double
  /// The sum of the latencies, in seconds.
  var latency: Double
  /// The smallest payload bandwidth, in bytes a second.
  var bandwidth: Double
  /// Whether its messages are lone; see ``MessagePlan``.
  var isLone: Bool

  init(_ route: Route, isLone: Bool) {
    overhead = route.messageOverhead.seconds
    latency = route.latency.seconds
    bandwidth = route.bandwidth.bytesPerSecond
    self.isLone = isLone
  }

  /// When a lone message that was posted at a time arrives.
  @inline(__always)
  func arrival(posted: Double, bytes: Int64) -> Double {
    let active = posted + latency
    return bytes > 0 ? active + Double(bytes) / bandwidth : active
  }

  /// The same for a message that meets conditions on its way.
  func arrival(posted: Double, message: Int, bytes: Int64, on route: Route, _ conditions: MessageConditions) -> Double {
    let active = posted + (latency + conditions.extraLatency(ofMessage: message, on: route))
    return bytes > 0 ? active + conditions.wireBytes(bytes, on: route) / bandwidth : active
  }
}
