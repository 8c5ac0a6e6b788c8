/// How far the flows of a network have come, and when they will be done.
///
/// All flows that one link binds go at one rate, so that they share one clock: the link's *served bytes*, which grow at
/// its level. A flow is done when its link has served, since the flow joined, as many bytes as it had left: at a
/// target on that clock which stays fixed however often the level changes. This is the virtual time of fair queueing
/// (Demers, Keshav and Shenker, Analysis and Simulation of a Fair Queueing Algorithm, SIGCOMM 1989). A change of level
/// then moves one time, that of the link's next finish, where hundreds of flows may have a new rate.
///
///     progress.start(flow, bytes: 1e6, network: network, at: now)
///     network.shareLevels()
///     progress.update(from: network, at: now)
///     for link in progress.movedLinks { schedule(link, at: progress.nextFinish(ofLink: link)) }
///     progress.clearMovedLinks()
///     // when that time has come:
///     while let flow = progress.popFinished(onLink: link, at: now) { network.remove(flow) }
///
/// Bytes and rates are plain numbers in the network's unit.
public struct FlowProgress: Sendable {
  private var clocks: ContiguousArray<Clock>
  /// The flows that wait behind the first on each link: for most links none, which takes no memory of its own.
  private var waiting: ContiguousArray<MinHeap<Finish>>
  /// The link whose clock each flow follows; -1 before the first update after its start.
  private var clockLinks: ContiguousArray<Int32> = []
  /// The reading of that clock at which the flow is done; the bytes left for flows that follow none.
  private var targets: ContiguousArray<Double> = []
  /// Counts a slot's places in heaps, so that places it has left can be told.
  private var stamps: ContiguousArray<UInt32> = []

  /// The links whose next finish is not what it was, each at least once.
  public private(set) var movedLinks: ContiguousArray<Int32> = []

  /// A link's served bytes, and the first of the flows that follow them.
  private struct Clock: Sendable {
    var served = 0.0
    /// When `served` was right.
    var time = 0.0
    var rate = 0.0
    var count: Int32 = 0
    /// How many places there are in line on the link, those that flows have left included.
    var length: Int32 = 0
    /// The first of them; without meaning where there is none.
    var first = Finish(target: 0, slot: -1, stamp: 0)

    @inline(__always)
    mutating func advance(to now: Double) {
      served += rate * (now - time)
      time = now
    }
  }

  /// A flow's place in line on a link.
  private struct Finish: HeapEntry {
    var target: Double
    var slot: Int32
    var stamp: UInt32

    @inline(__always)
    func precedes(_ other: Finish) -> Bool {
      if target != other.target { return target < other.target }
      return slot == other.slot ? stamp < other.stamp : slot < other.slot
    }
  }

  /// Creates the progress of a network without flows.
  public init(linkCount: Int) {
    clocks = ContiguousArray(repeating: Clock(), count: linkCount)
    waiting = ContiguousArray(repeating: MinHeap(), count: linkCount)
  }

  /// Starts a flow that has just been inserted.
  public mutating func start(_ flow: Int32, bytes: Double, network: FlowNetwork, at now: Double) {
    let slot = Int(flow)
    while clockLinks.count <= slot {
      clockLinks.append(-1)
      targets.append(0)
      stamps.append(0)
    }
    clockLinks[slot] = -1
    targets[slot] = bytes
    guard network.rate(of: flow) > 0 else { return }
    let link = network.bottleneck(of: flow)
    join(slot, link: Int(link), at: now)
    clocks[Int(link)].rate = network.level(ofLink: link)
    movedLinks.append(link)
  }

  /// Brings clocks and targets up to date with levels that have just been shared anew.
  public mutating func update(from network: FlowNetwork, at now: Double) {
    for flow in network.movedFlows {
      let slot = Int(flow)
      let old = Int(clockLinks[slot])
      let new = Int(network.bottleneck(of: flow))
      guard old != new else { continue }
      if old >= 0 {
        clocks[old].advance(to: now)
        targets[slot] = max(0, targets[slot] - clocks[old].served)
        leave(old)
        movedLinks.append(Int32(old))
      }
      join(slot, link: new, at: now)
    }
    for link in network.changedLinks where clocks[Int(link)].count > 0 {
      clocks[Int(link)].advance(to: now)
      clocks[Int(link)].rate = network.level(ofLink: link)
      movedLinks.append(link)
    }
  }

  /// Empties ``movedLinks``, once their finishes have been scheduled.
  public mutating func clearMovedLinks() { movedLinks.removeAll(keepingCapacity: true) }

  /// When the next flow that a link binds is done; infinite when there is none.
  public mutating func nextFinish(ofLink link: Int32) -> Double {
    guard let entry = first(onLink: Int(link)) else { return .infinity }
    let clock = clocks[Int(link)]
    return clock.time + max(0, entry.target - clock.served) / clock.rate
  }

  /// Takes the next flow that is done by now off a link.
  ///
  /// The flow is to be removed from the network before levels are shared anew.
  public mutating func popFinished(onLink link: Int32, at now: Double) -> Int32? {
    // The next finish drops the places before it that flows have left.
    guard nextFinish(ofLink: link) <= now else { return nil }
    let entry = clocks[Int(link)].first
    popFirst(onLink: Int(link))
    clockLinks[Int(entry.slot)] = -1
    stamps[Int(entry.slot)] &+= 1
    leave(Int(link))
    movedLinks.append(link)
    return entry.slot
  }

  /// The bytes that a flow has to go at a time.
  public func remaining(of flow: Int32, at now: Double) -> Double {
    let link = Int(clockLinks[Int(flow)])
    guard link >= 0 else { return targets[Int(flow)] }
    let clock = clocks[link]
    return max(0, targets[Int(flow)] - (clock.served + clock.rate * (now - clock.time)))
  }

  /// Takes a flow off before it is done, and returns the bytes that it had to go.
  ///
  /// The flow is to be removed from the network before levels are shared anew.
  public mutating func remove(_ flow: Int32, at now: Double) -> Double {
    let left = remaining(of: flow, at: now)
    let link = clockLinks[Int(flow)]
    guard link >= 0 else { return left }
    clockLinks[Int(flow)] = -1
    stamps[Int(flow)] &+= 1
    leave(Int(link))
    movedLinks.append(link)
    return left
  }

  private mutating func join(_ slot: Int, link: Int, at now: Double) {
    clocks[link].advance(to: now)
    clocks[link].count += 1
    clockLinks[slot] = Int32(link)
    targets[slot] += clocks[link].served
    stamps[slot] &+= 1
    push(Finish(target: targets[slot], slot: Int32(slot), stamp: stamps[slot]), onLink: link)
  }

  @inline(__always)
  private mutating func push(_ entry: Finish, onLink link: Int) {
    clocks[link].length += 1
    if clocks[link].length == 1 {
      clocks[link].first = entry
    } else if entry.precedes(clocks[link].first) {
      waiting[link].push(clocks[link].first)
      clocks[link].first = entry
    } else {
      waiting[link].push(entry)
    }
  }

  @inline(__always)
  private mutating func popFirst(onLink link: Int) {
    clocks[link].length -= 1
    guard clocks[link].length > 0, let next = waiting[link].pop() else { return }
    clocks[link].first = next
  }

  /// Counts a flow off a link's clock; a clock that none follows starts again at zero, where it is most exact.
  private mutating func leave(_ link: Int) {
    clocks[link].count -= 1
    guard clocks[link].count == 0 else { return }
    clocks[link].served = 0
    clocks[link].rate = 0
    if clocks[link].length > 1 { waiting[link].removeAll() }
    clocks[link].length = 0
  }

  private mutating func first(onLink link: Int) -> Finish? {
    while clocks[link].length > 0 {
      let entry = clocks[link].first
      if stamps[Int(entry.slot)] == entry.stamp { return entry }
      popFirst(onLink: link)
    }
    return nil
  }
}
