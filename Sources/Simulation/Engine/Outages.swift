import Topologies

/// The links that have failed, and the messages that this has sent another way.
struct Outages {
  /// Whether a link fails at some time of the run.
  let areExpected: Bool
  /// For each capacity whether it has failed.
  private(set) var failed: [Bool]

  /// Messages that are not on the route of the plan any more.
  var transits: [Int32: Transit] = [:]
  /// The messages that wait for a link to come back, in the order in which they were stopped.
  var parked: [Int32] = []
  /// The messages that have not been posted, as no way is open to them, in the order in which they came.
  var unposted: [Int32] = []
  /// What routes have carried of the messages that were sent another way.
  private(set) var legs: [Leg] = []

  /// The ways found around the links that have failed now.
  var ways: [UInt64: Int32] = [:]
  let search: DetourSearch?

  /// Where a message is.
  struct Transit {
    /// The route that it is on.
    var route: Int32
    /// The bytes that it has to go, as the links count them.
    var left: Double
    /// The payload that routes before this one have carried.
    var moved: Int64
    /// When its bytes began to flow on the route.
    var start: Double
  }

  init(topology: Topology, conditions: Conditions) {
    areExpected = conditions.linkChanges.contains { $0.factor == 0 }
    failed = areExpected ? [Bool](repeating: false, count: topology.graph.links.count) : []
    search = areExpected ? DetourSearch(topology) : nil
  }

  /// Whether a failed link lies among some capacities.
  func block(_ resources: [Int32]) -> Bool { resources.contains { failed[Int($0)] } }

  /// Notes that a capacity has failed or come back.
  mutating func set(_ resource: Int32, failed isFailed: Bool) {
    failed[Int(resource)] = isFailed
    ways.removeAll(keepingCapacity: true)
  }

  /// Books the last stretch of a message's way when it has arrived.
  mutating func settle(_ message: Int, bytes: Int64, at time: Double) {
    guard let transit = transits.removeValue(forKey: Int32(message)) else { return }
    let rest = bytes - transit.moved
    // A message without bytes has a leg too, which tells its route.
    guard rest > 0 || bytes == 0 else { return }
    legs.append(Leg(message: Int32(message), route: transit.route, bytes: rest, start: transit.start, end: time))
  }

  /// Books what a route has carried of a message.
  mutating func note(_ message: Int, route: Int32, bytes: Int64, from start: Double, to end: Double) {
    guard bytes > 0 else { return }
    legs.append(Leg(message: Int32(message), route: route, bytes: bytes, start: start, end: end))
  }
}
