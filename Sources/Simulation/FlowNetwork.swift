/// The links of a cluster and the flows that share them, max-min fairly.
///
/// A flow crosses the links of its route at one rate. Rates are max-min fair (Bertsekas and Gallager, Data Networks,
/// section 6.5.2): no flow's rate can be raised without lowering that of a flow that is no faster. So every flow has a
/// bottleneck: a full link on which no flow is faster. All flows that a link binds go at one rate, the link's *level*.
/// When flows come or go, only the levels that this changes are computed anew (see ``share()``); flows that are alone
/// on all their links take their route's bandwidth without any solving.
///
///     var network = FlowNetwork(capacities: [100, 50], longestRoute: 2)
///     let route = network.addRoute([0, 1])
///     let flow = network.insert(route: route)
///     network.share()
///     network.rate(of: flow)  // 50
///
/// Rates are in the unit of the capacities. The type knows nothing of time, bytes or messages.
///
/// Inside, rates are whole numbers of grains (see ``Grains``): sums of rates are exact whatever their order, so that
/// the rates depend on the flows that are present and not on those that were.
public struct FlowNetwork: Sendable {
  // Links.
  /// The capacity of each link, in whole grains as all rates.
  var capacities: ContiguousArray<Double>
  let grains: Grains
  /// The capacity of each link in grains.
  var sizes: ContiguousArray<Int128>
  var links: ContiguousArray<Link>
  /// The level of each link in the unit of the capacities; without meaning for links that bind no flow.
  var levels: ContiguousArray<Double>
  /// How many links have flows.
  var busyLinkCount = 0

  // Routes: the links of route r are routeLinks[routeStarts[r]..<routeStarts[r + 1]].
  var routeStarts: ContiguousArray<Int32> = [0]
  var routeLinks: ContiguousArray<Int32> = []
  var routeBandwidths: ContiguousArray<Double> = []
  /// The place on each route of its narrowest link, the lowest link of several.
  var narrowestPlaces: ContiguousArray<Int32> = []

  // The places of each link in routeLinks, kept once a link has changed: the last place of each link, for each place the
  // one before it on the same link, -1 for none, and its route.
  var lastPlaces: ContiguousArray<Int32> = []
  var earlierPlaces: ContiguousArray<Int32> = []
  var placeRoutes: ContiguousArray<Int32> = []

  // Flows, in slots that are used again. Crossing c of slot s is the entry s << shift + c of the crossing arrays.
  var shift: Int
  var flows: ContiguousArray<Flow> = []
  var rates: ContiguousArray<Double> = []
  var freeSlots: ContiguousArray<Int32> = []
  var crossingLinks: ContiguousArray<Int32> = []
  /// The place of each crossing in ``members``.
  var crossingPlaces: ContiguousArray<Int32> = []

  /// The crossings of each link, from its ``Link/start`` on: first those of the flows that it binds, then the others.
  var members: ContiguousArray<Int32> = []
  /// How many members each link has room for.
  var rooms: ContiguousArray<Int32>

  // Work space of sharing, kept so that no event allocates.
  var dirtyLinks: ContiguousArray<Int32> = []
  /// The flows that have come since the last sharing and were not alone.
  var newFlows: ContiguousArray<Int32> = []
  var settlingHeap = MinHeap<Waiting<Double>>()
  var fillingHeap = MinHeap<Waiting<Int128>>()
  /// For each link the number of flows that progressive filling has given no rate yet.
  var openCounts: ContiguousArray<Int32>
  var limits: ContiguousArray<Limit> = []
  var chosenPlaces: ContiguousArray<Int32> = []
  var moves: ContiguousArray<Int32> = []
  /// How many flows settling may look at before it gives way to progressive filling, where that is not left to
  /// ``share()``.
  var patience: Int?

  /// The flows whose rates the last ``share()`` changed, in no particular but always the same order.
  public internal(set) var changedFlows: ContiguousArray<Int32> = []
  /// The links whose level or bound flows the last sharing may have changed, each once, always in the same order.
  public internal(set) var changedLinks: ContiguousArray<Int32> = []
  /// The flows that the last sharing may have bound to another link than before, each at least once.
  public internal(set) var movedFlows: ContiguousArray<Int32> = []

  /// What sharing knows of a link; 64 bytes. The level, which is seldom read, comes first: of a long array, which starts
  /// 16 bytes before the end of a line of the cache, all else then is in one line.
  struct Link: Sendable {
    /// The level of a link that binds no flow, above every other.
    static let unbound = Int128.max

    /// The rate of the flows that this link binds.
    var level = Link.unbound
    /// The capacity less the rates of the flows that other links bind; below zero only until rates are shared anew.
    var slack: Int128
    /// No less than the rate of any flow that another link binds; kept only while this link binds flows too.
    var fastest: Int128 = 0
    /// The number of flows.
    var count: Int32 = 0
    /// The number of flows that this link binds.
    var boundCount: Int32 = 0
    /// Where its crossings start in ``FlowNetwork/members``.
    var start: Int32 = 0
    /// Whether the next sharing has to look at it.
    var isDirty = false
    /// Whether it is in ``FlowNetwork/changedLinks``.
    var isChanged = false

    /// Whether it binds flows, or could: with a grain to spare for each of its flows it cannot.
    @inline(__always)
    var mayBind: Bool { boundCount > 0 || slack < Int128(count) }
  }

  /// A link in line to be looked at, lowest level first; ties go to the lower link.
  struct Waiting<Level: Comparable & Sendable>: HeapEntry {
    var level: Level
    var link: Int32

    @inline(__always)
    func precedes(_ other: Waiting) -> Bool { level < other.level || (level == other.level && link < other.link) }
  }

  /// A flow's place in the network.
  struct Flow: Sendable {
    /// The flow's route; -1 for a slot that is free.
    var route: Int32
    /// The number of links of the route.
    var length: Int32
    /// The crossing of the link that binds the flow; -1 for none.
    var bottleneck: Int32
  }

  /// Creates a network without flows.
  ///
  /// - Parameters:
  ///   - capacities: The capacity of each link, finite and above zero.
  ///   - longestRoute: The largest number of links that a route will have.
  public init(capacities: some Sequence<Double>, longestRoute: Int) {
    let given = ContiguousArray(capacities)
    let grains = Grains(largest: given.max() ?? 1)
    self.grains = grains
    sizes = ContiguousArray(given.lazy.map { grains.count($0) })
    self.capacities = ContiguousArray(sizes.lazy.map { grains.rate($0) })
    links = ContiguousArray(sizes.lazy.map { Link(slack: $0) })
    levels = self.capacities
    // A power of two, so that a crossing's slot is found by shifting.
    var shift = 0
    while 1 << shift < longestRoute { shift += 1 }
    self.shift = shift
    rooms = ContiguousArray(repeating: 0, count: sizes.count)
    openCounts = rooms
  }

  /// Adds a route and returns its index.
  ///
  /// - Parameter links: The links of the route, each at most once; at least one, at most `longestRoute`.
  public mutating func addRoute(_ links: some Sequence<Int32>) -> Int32 {
    let start = routeLinks.count
    var narrowest = start
    for link in links {
      let place = routeLinks.count
      routeLinks.append(link)
      guard place > start else { continue }
      let least = routeLinks[narrowest]
      if (sizes[Int(link)], link) < (sizes[Int(least)], least) { narrowest = place }
    }
    routeStarts.append(Int32(routeLinks.count))
    routeBandwidths.append(narrowest < routeLinks.count ? capacities[Int(routeLinks[narrowest])] : .infinity)
    narrowestPlaces.append(Int32(narrowest - start))
    return Int32(routeBandwidths.count - 1)
  }

  /// The number of links.
  public var linkCount: Int { capacities.count }

  /// The rate of a flow as of the last ``share()``.
  @inline(__always)
  public func rate(of flow: Int32) -> Double { rates[Int(flow)] }

  /// The link that binds a flow, as of the last sharing or since the flow came alone.
  @inline(__always)
  public func bottleneck(of flow: Int32) -> Int32 { crossingLinks[Int(flows[Int(flow)].bottleneck)] }

  /// The rate of the flows that a link binds, as of the last sharing; without meaning when it binds none.
  @inline(__always)
  public func level(ofLink link: Int32) -> Double { levels[Int(link)] }

  /// The smallest capacity of a route's links.
  @inline(__always)
  public func bandwidth(ofRoute route: Int32) -> Double { routeBandwidths[Int(route)] }

  /// Whether flows have come or gone since the last ``share()`` in a way that may change the rates of others.
  @inline(__always)
  public var needsSharing: Bool { !dirtyLinks.isEmpty }

  // MARK: Flows

  /// Adds a flow and returns its slot. Its rate is final at once when it is alone on all its links (``needsSharing``
  /// stays as it was); otherwise it is zero until the next ``share()``.
  public mutating func insert(route: Int32) -> Int32 {
    let slot = takeSlot()
    let start = Int(routeStarts[Int(route)])
    let length = Int(routeStarts[Int(route) + 1]) - start
    let first = Int(slot) << shift
    for place in start..<start + length {
      let link = Int(routeLinks[place])
      if links[link].count == rooms[link] { makeRoom(onLink: link) }
    }
    let flow = Flow(route: route, length: Int32(length), bottleneck: -1)
    let routeLinks = routeLinks
    let idle = withMemory { memory in
      memory.flows[Int(slot)] = flow
      if length < 1 << memory.shift { memory.crossingLinks[first + length] = -1 }
      var idle = 0
      for place in 0..<length {
        let link = routeLinks[start + place]
        let count = memory.links[Int(link)].count
        if count == 0 { idle += 1 }
        let member = memory.links[Int(link)].start + count
        memory.members[Int(member)] = Int32(first + place)
        memory.crossingPlaces[first + place] = member
        memory.crossingLinks[first + place] = link
        memory.links[Int(link)].count = count + 1
      }
      return idle
    }
    busyLinkCount += idle
    let isAlone = idle == length
    guard length > 0 else {
      rates[Int(slot)] = .infinity
      return slot
    }
    if isAlone {
      let bottleneck = first + Int(narrowestPlaces[Int(route)])
      let link = Int(crossingLinks[bottleneck])
      links[link].level = sizes[link]
      levels[link] = capacities[link]
      bind(Int(slot), at: bottleneck)
      rates[Int(slot)] = routeBandwidths[Int(route)]
    } else {
      bindProvisionally(Int(slot))
      newFlows.append(slot)
      rates[Int(slot)] = 0
    }
    return slot
  }

  /// Removes a flow; its slot may be used again.
  public mutating func remove(_ slot: Int32) {
    let crossings = crossings(ofSlot: Int(slot))
    let emptied = withMemory { memory in
      if !crossings.isEmpty { memory.unbind(Int(slot)) }
      memory.flows[Int(slot)].route = -1
      var emptied = 0
      for crossing in crossings where memory.leave(crossing) == 0 {
        memory.links[Int(memory.crossingLinks[crossing])].fastest = 0
        emptied += 1
      }
      return emptied
    }
    busyLinkCount -= emptied
    if emptied < crossings.count {
      for crossing in crossings {
        let link = Int(crossingLinks[crossing])
        if links[link].count > 0, links[link].mayBind { markDirty(link) }
      }
    }
    freeSlots.append(slot)
  }

  private mutating func takeSlot() -> Int32 {
    if let slot = freeSlots.popLast() { return slot }
    flows.append(Flow(route: -1, length: 0, bottleneck: -1))
    rates.append(0)
    for _ in 0..<1 << shift {
      crossingLinks.append(-1)
      crossingPlaces.append(-1)
    }
    return Int32(flows.count - 1)
  }

  /// Doubles a link's room for members. What it had before is left unused: less than it gets now.
  private mutating func makeRoom(onLink link: Int) {
    let old = Int(links[link].start)
    let new = members.count
    for place in 0..<Int(rooms[link]) {
      let crossing = members[old + place]
      members.append(crossing)
      crossingPlaces[Int(crossing)] = Int32(new + place)
    }
    rooms[link] = max(2, 2 * rooms[link])
    while members.count < new + Int(rooms[link]) { members.append(-1) }
    links[link].start = Int32(new)
  }
}
