import Programs
import Quantities
import Simulation
import Topologies

extension TraceRun {
  /// Writes the process of the links: the bytes of each as a total, and its load over time.
  func writeLinks(to events: inout TraceEvents) throws(TraceError) {
    let shown = shownLinks()
    let transfers = run.transfersByLink { shown[$0] }
    let busy = shown.indices.filter { !transfers[$0].isEmpty }
    guard !busy.isEmpty else { return }
    try events.nameProcess(linksProcess, "\(name): links")
    try writeTotals(busy, to: &events)
    for link in busy { try writeLoad(ofLink: link, transfers[link], to: &events) }
  }

  /// For each link, whether a message of a rank that is shown crosses it.
  private func shownLinks() -> [Bool] {
    var shown = [Bool](repeating: false, count: run.topology.graph.links.count)
    for (index, message) in run.program.messages.enumerated()
    where isShown[Int(message.from)] || isShown[Int(message.to)] {
      for link in run.route(ofMessage: index).links { shown[Int(link)] = true }
    }
    for leg in run.timeline.legs {
      let message = run.program.messages[Int(leg.message)]
      guard isShown[Int(message.from)] || isShown[Int(message.to)] else { continue }
      for link in run.timeline.routes[Int(leg.route)].links { shown[Int(link)] = true }
    }
    return shown
  }

  /// The name of a link's counter: its ends, which of several between them it is, its class and its payload bandwidth.
  private func counterName(ofLink index: Int) -> String {
    let graph = run.topology.graph
    let link = graph.links[index]
    let twins = graph.outgoing[Int(link.from)].lazy.filter { graph.links[Int($0)].to == link.to && $0 < Int32(index) }
    let before = twins.count
    let which = before > 0 ? " #\(before + 1)" : ""
    return "\(run.nameOfEnds(ofLink: index))\(which) "
      + "(\(graph.linkClass(ofLink: index).name), \(graph.payloadBandwidth(ofLink: index)))"
  }

  private func writeTotals(_ busy: [Int], to events: inout TraceEvents) throws(TraceError) {
    let track = TraceTrack(process: linksProcess, thread: 1)
    try events.nameTrack(track, "traffic")
    try events.begin("traffic", category: "links", on: track, at: 0) { text in
      text.add("\"bytes_by_link\":{")
      for (place, link) in busy.enumerated() {
        if place > 0 { text.add(",") }
        text.add(quoted: counterName(ofLink: link))
        text.add(":{\"link\":")
        text.add(link)
        text.add(",\"bytes\":")
        text.add(run.bytesByLink[link].count)
        text.add("}")
      }
      text.add("}")
    }
    try events.endSlice(on: track, at: run.makespan.seconds)
  }

  /// Writes the load of a link over time: the sum of the mean rates of the transfers over it.
  ///
  /// Rates are rounded to whole bytes per second, which doubles add and subtract without error below 2^53: an idle link
  /// is at 0 exactly.
  private func writeLoad(
    ofLink link: Int, _ transfers: ArraySlice<Int32>, to events: inout TraceEvents
  ) throws(TraceError) {
    var changes: [(time: Double, rate: Double)] = []
    changes.reserveCapacity(2 * transfers.count)
    for member in transfers {
      let (bytes, start, end) = run.transfer(Int(member))
      guard end > start else { continue }
      // Late in a long run, the rounding of times may make a short message look faster than its route.
      let most = run.route(ofTransfer: Int(member)).bandwidth.bytesPerSecond
      let mean = min(Double(bytes) / (end - start), most)
      changes.append((start, mean.rounded()))
      changes.append((end, -mean.rounded()))
    }
    changes.sort { ($0.time, $0.rate) < ($1.time, $1.rate) }
    let title = counterName(ofLink: link)
    if changes.first.map({ $0.time > 0 }) ?? true { try events.count(title, "bytes/s", of: linksProcess, at: 0, 0) }
    var load = 0.0
    var place = 0
    while place < changes.count {
      let time = changes[place].time
      while place < changes.count, changes[place].time == time {
        load += changes[place].rate
        place += 1
      }
      try events.count(title, "bytes/s", of: linksProcess, at: time, max(0, load))
    }
    if let last = changes.last, last.time < run.makespan.seconds {
      try events.count(title, "bytes/s", of: linksProcess, at: run.makespan.seconds, max(0, load))
    }
  }
}
