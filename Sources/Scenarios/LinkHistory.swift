import Quantities
import Simulation
import Topologies

/// What the events of a scenario make of each link in time.
struct LinkHistory {
  /// The changes by rising time, links rising at one time.
  let changes: [LinkChange]

  /// Works out the changes.
  ///
  /// - Parameters:
  ///   - events: What happens to links; what is left during one is a share of what the link has from the start.
  ///   - topology: The cluster.
  /// - Throws: ``ScenarioError`` when a name is unknown.
  init(_ events: [LinkEvent], on topology: Topology) throws(ScenarioError) {
    var eventsOfLink: [Int: [LinkEvent]] = [:]
    for event in events {
      for link in try event.links.links(in: topology) { eventsOfLink[link, default: []].append(event) }
    }
    var changes: [LinkChange] = []
    for (link, events) in eventsOfLink {
      let moments = Set(events.flatMap { [$0.start, $0.end].compactMap { $0 } }).sorted()
      var last = 1.0
      for moment in moments {
        let active = events.filter { $0.start <= moment && moment < ($0.end ?? Seconds(.infinity)) }
        let product = active.reduce(1.0) { $0 * $1.share }
        // A link that has not failed carries something, however many shares multiply.
        let factor = active.contains { $0.share == 0 } ? 0 : max(product, Shares.left.lowerBound)
        if factor != last { changes.append(LinkChange(time: moment, link: Int32(link), factor: factor)) }
        last = factor
      }
    }
    self.changes = changes.sorted { ($0.time, $0.link) < ($1.time, $1.link) }
  }
}
