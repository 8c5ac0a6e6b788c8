/// The links of a cluster and the flows that share them, max-min fairly.
///
/// A flow crosses the links of its route at one rate. Rates are max-min fair (Bertsekas and Gallager, Data Networks,
/// section 6.5.2): no flow's rate can be raised without lowering that of a flow that is no faster. When flows come or
/// go, only the connected component of links and flows that they touch is shared anew; flows that are alone on all
/// their links take their route's bandwidth without any solving.
///
///     var network = FlowNetwork(capacities: [100, 50], longestRoute: 2)
///     let route = network.addRoute([0, 1])
///     let flow = network.insert(route: route)
///     network.share()
///     network.rate(of: flow)  // 50
///
/// Rates are in the unit of the capacities. The type knows nothing of time, bytes or messages.
public struct FlowNetwork: Sendable {
  // Links.
  let capacities: ContiguousArray<Double>
  /// For each link the first of the flow crossings on it; -1 for none.
  var firstCrossing: ContiguousArray<Int32>
  /// For each link the number of flows on it.
  var flowCounts: ContiguousArray<Int32>

  // Routes: the links of route r are routeLinks[routeStarts[r]..<routeStarts[r + 1]].
  var routeStarts: ContiguousArray<Int32> = [0]
  var routeLinks: ContiguousArray<Int32> = []
  var routeBandwidths: ContiguousArray<Double> = []

  // Flows, in slots that are used again. Crossing c of slot s is the entry s * stride + c of the crossing arrays.
  let stride: Int
  var slotRoutes: ContiguousArray<Int32> = []
  var rates: ContiguousArray<Double> = []
  var freeSlots: ContiguousArray<Int32> = []
  var nextCrossing: ContiguousArray<Int32> = []
  var previousCrossing: ContiguousArray<Int32> = []

  // Work space of sharing, kept so that no event allocates.
  var dirtyLinks: ContiguousArray<Int32> = []
  var linkStamps: ContiguousArray<UInt32>
  var flowStamps: ContiguousArray<UInt32> = []
  var stamp: UInt32 = 0
  var componentLinks: ContiguousArray<Int32> = []
  var componentFlows: ContiguousArray<Int32> = []
  var residuals: ContiguousArray<Double>
  var unfixedCounts: ContiguousArray<Int32>
  var newRates: ContiguousArray<Double> = []
  var shareHeap: ContiguousArray<Share> = []

  /// The flows whose rates the last ``share()`` changed, in no particular but always the same order.
  public internal(set) var changedFlows: ContiguousArray<Int32> = []

  /// One link's offer to each of its flows that has no rate yet.
  struct Share: Sendable {
    var rate: Double
    var link: Int32

    @inline(__always)
    func precedes(_ other: Share) -> Bool {
      rate < other.rate || (rate == other.rate && link < other.link)
    }
  }

  /// Creates a network without flows.
  ///
  /// - Parameters:
  ///   - capacities: The capacity of each link, above zero.
  ///   - longestRoute: The largest number of links that a route will have.
  public init(capacities: some Sequence<Double>, longestRoute: Int) {
    self.capacities = ContiguousArray(capacities)
    stride = max(longestRoute, 1)
    let count = self.capacities.count
    firstCrossing = ContiguousArray(repeating: -1, count: count)
    flowCounts = ContiguousArray(repeating: 0, count: count)
    linkStamps = ContiguousArray(repeating: 0, count: count)
    residuals = ContiguousArray(repeating: 0, count: count)
    unfixedCounts = ContiguousArray(repeating: 0, count: count)
  }

  /// Adds a route and returns its index.
  ///
  /// - Parameter links: The links of the route, each at most once; at most as many as `longestRoute`.
  public mutating func addRoute(_ links: some Sequence<Int32>) -> Int32 {
    var bandwidth = Double.infinity
    for link in links {
      routeLinks.append(link)
      bandwidth = min(bandwidth, capacities[Int(link)])
    }
    routeStarts.append(Int32(routeLinks.count))
    routeBandwidths.append(bandwidth)
    return Int32(routeBandwidths.count - 1)
  }

  /// The number of links.
  public var linkCount: Int { capacities.count }

  /// The rate of a flow as of the last ``share()``.
  @inline(__always)
  public func rate(of flow: Int32) -> Double { rates[Int(flow)] }

  /// The smallest capacity of a route's links.
  @inline(__always)
  public func bandwidth(ofRoute route: Int32) -> Double { routeBandwidths[Int(route)] }

  /// Whether flows have come or gone since the last ``share()`` in a way that may change the rates of others.
  @inline(__always)
  public var needsSharing: Bool { !dirtyLinks.isEmpty }

  /// Adds a flow and returns its slot. Its rate is final at once when it is alone on all its links (``needsSharing``
  /// stays as it was); otherwise it is zero until the next ``share()``.
  public mutating func insert(route: Int32) -> Int32 {
    let slot = takeSlot()
    slotRoutes[Int(slot)] = route
    let start = Int(routeStarts[Int(route)])
    let end = Int(routeStarts[Int(route) + 1])
    var alone = true
    for place in start..<end {
      let link = Int(routeLinks[place])
      let crossing = Int32(Int(slot) * stride + place - start)
      let first = firstCrossing[link]
      if first >= 0 {
        alone = false
        previousCrossing[Int(first)] = crossing
      }
      nextCrossing[Int(crossing)] = first
      previousCrossing[Int(crossing)] = -1
      firstCrossing[link] = crossing
      flowCounts[link] += 1
    }
    if alone {
      rates[Int(slot)] = routeBandwidths[Int(route)]
    } else {
      rates[Int(slot)] = 0
      for place in start..<end { dirtyLinks.append(routeLinks[place]) }
    }
    return slot
  }

  /// Removes a flow; its slot may be used again.
  public mutating func remove(_ slot: Int32) {
    let route = Int(slotRoutes[Int(slot)])
    let start = Int(routeStarts[route])
    let end = Int(routeStarts[route + 1])
    for place in start..<end {
      let link = Int(routeLinks[place])
      let crossing = Int(slot) * stride + place - start
      let next = nextCrossing[crossing]
      let previous = previousCrossing[crossing]
      if next >= 0 { previousCrossing[Int(next)] = previous }
      if previous >= 0 { nextCrossing[Int(previous)] = next } else { firstCrossing[link] = next }
      flowCounts[link] -= 1
      if flowCounts[link] > 0 { dirtyLinks.append(Int32(link)) }
    }
    slotRoutes[Int(slot)] = -1
    freeSlots.append(slot)
  }

  private mutating func takeSlot() -> Int32 {
    if let slot = freeSlots.popLast() { return slot }
    slotRoutes.append(-1)
    rates.append(0)
    newRates.append(0)
    flowStamps.append(0)
    for _ in 0..<stride {
      nextCrossing.append(-1)
      previousCrossing.append(-1)
    }
    return Int32(slotRoutes.count - 1)
  }
}
