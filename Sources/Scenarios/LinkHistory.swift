import Quantities
import Simulation
import Topologies

/// What the events of a scenario make of each link in time.
struct LinkHistory {
  /// The changes by rising time, links rising at one time.
  let changes: [LinkChange]

  /// How many changes of single links a run may meet: each event counts once for every link of it.
  static let mostChanges = 1_000_000

  /// Works out the changes, in a time that grows with their number times the logarithm of a link's events.
  ///
  /// - Parameters:
  ///   - events: What happens to links; what is left during one is a share of what the link has from the start.
  ///   - topology: The cluster.
  /// - Throws: ``ScenarioError`` when a name is unknown, when there are more than ``mostChanges``, or when events that
  ///   last together leave less of a link than an event may.
  init(_ events: [LinkEvent], on topology: Topology) throws(ScenarioError) {
    var changes: [LinkChange] = []
    for (events, links) in try Self.groups(events, on: topology) {
      for step in try Self.steps(of: events, link: links[0], on: topology) {
        for link in links { changes.append(LinkChange(time: step.time, link: Int32(link), factor: step.factor)) }
      }
    }
    self.changes = changes.sorted { ($0.time, $0.link) < ($1.time, $1.link) }
  }

  /// The links that the same events happen to, rising, with these events in their order.
  private static func groups(
    _ events: [LinkEvent], on topology: Topology
  ) throws(ScenarioError) -> [(events: [LinkEvent], links: [Int])] {
    var linksOfSelector: [[LinkSelector.Part]: [Int]] = [:]
    var eventsOfLink: [Int: [Int32]] = [:]
    var count = 0
    for (index, event) in events.enumerated() {
      let links: [Int]
      if let known = linksOfSelector[event.links.parts] {
        links = known
      } else {
        links = try event.links.links(in: topology)
        linksOfSelector[event.links.parts] = links
      }
      count += links.count
      guard count <= mostChanges else {
        throw event.links.error(
          "change \(index + 1) of \(events.count) makes \(count) changes of single links in '\(topology.name)'; "
            + "expected \(mostChanges) at most")
      }
      for link in links { eventsOfLink[link, default: []].append(Int32(index)) }
    }
    var linksOfEvents: [[Int32]: [Int]] = [:]
    for (link, indices) in eventsOfLink { linksOfEvents[indices, default: []].append(link) }
    let groups = linksOfEvents.map { indices, links in
      (events: indices.map { events[Int($0)] }, links: links.sorted())
    }
    // In the order of the links, so that the first error is always the same one.
    return groups.sorted { $0.links[0] < $1.links[0] }
  }

  /// When a link changes, and to what share.
  private static func steps(
    of events: [LinkEvent], link: Int, on topology: Topology
  ) throws(ScenarioError) -> [(time: Seconds, factor: Double)] {
    var moments: [(time: Seconds, event: Int, begins: Bool)] = []
    for (index, event) in events.enumerated() {
      moments.append((event.start, index, true))
      if let end = event.end { moments.append((end, index, false)) }
    }
    moments.sort { ($0.time, $0.event) < ($1.time, $1.event) }
    var steps: [(time: Seconds, factor: Double)] = []
    var shares = ProductTree(count: events.count)
    var (failures, last, place) = (0, 1.0, 0)
    while place < moments.count {
      let time = moments[place].time
      var latest = moments[place].event
      while place < moments.count, moments[place].time == time {
        let (_, index, begins) = moments[place]
        if events[index].share == 0 {
          failures += begins ? 1 : -1
        } else {
          shares.set(index, to: begins ? events[index].share : 1)
          if begins { latest = index }
        }
        place += 1
      }
      guard Shares.areAllowed(shares.product) else {
        throw events[latest].links.error(
          Shares.tooLittle(shares.product, of: LinkSelector.describe(link, in: topology))
            + " (from \(YAMLText.time(time.seconds)) on)")
      }
      let factor = failures > 0 ? 0 : shares.product
      if factor != last { steps.append((time, factor)) }
      last = factor
    }
    return steps
  }
}
