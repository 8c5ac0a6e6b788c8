import Programs

/// When one rank was busy in each region of its program, laid out so that slices nest.
///
/// A region reaches from the first to the last moment at which the rank worked or a message of its own was under way in
/// it or in a part of it. Regions side by side in the program may overlap in time, as the steps of a ring do when
/// transfers run beside attention: each goes to the first lane in which it lies inside a region that it is part of, or
/// beside all.
struct TraceRegions {
  /// Something to write on a lane.
  enum Event {
    case begin(region: Int, at: Double)
    case end(at: Double)
  }

  private let parents: [Int]
  private var spans: [(start: Double, end: Double)]
  private var touched: [Int] = []

  init(regions: [Region]) {
    parents = regions.map { Int($0.parent ?? -1) }
    spans = [(start: Double, end: Double)](repeating: (.infinity, -.infinity), count: regions.count)
  }

  /// Extends a region and those that it is part of.
  mutating func extend(_ region: Int, from start: Double, to end: Double) {
    var region = region
    while region >= 0 {
      if spans[region].start > spans[region].end { touched.append(region) }
      spans[region].start = min(spans[region].start, start)
      spans[region].end = max(spans[region].end, end)
      region = parents[region]
    }
  }

  /// The events of each lane in the order of time; forgets the spans, to start on another rank.
  mutating func takeLanes() -> [[Event]] {
    // The longest first, so that what encloses comes before what it encloses; parents have smaller numbers.
    let order = touched.sorted { left, right in
      (spans[left].start, -spans[left].end, left) < (spans[right].start, -spans[right].end, right)
    }
    var lanes: [[Event]] = []
    var open: [[Int]] = []
    for region in order {
      var lane = 0
      while true {
        if lane == lanes.count {
          lanes.append([])
          open.append([])
        }
        closeEnded(before: region, open: &open[lane], events: &lanes[lane])
        guard let top = open[lane].last, !isPart(region, of: top) else { break }
        lane += 1
      }
      lanes[lane].append(.begin(region: region, at: spans[region].start))
      open[lane].append(region)
    }
    for lane in lanes.indices {
      for region in open[lane].reversed() { lanes[lane].append(.end(at: spans[region].end)) }
    }
    for region in touched { spans[region] = (.infinity, -.infinity) }
    touched.removeAll(keepingCapacity: true)
    return lanes
  }

  /// Ends the innermost regions of a lane that are over when another starts, up to one that it is part of.
  private func closeEnded(before region: Int, open: inout [Int], events: inout [Event]) {
    while let top = open.last, spans[top].end <= spans[region].start, !isPart(region, of: top) {
      events.append(.end(at: spans[top].end))
      open.removeLast()
    }
  }

  private func isPart(_ region: Int, of outer: Int) -> Bool {
    var region = region
    while region > outer { region = parents[region] }
    return region == outer
  }
}

extension TraceRun {
  /// Writes the regions of a rank on tracks of their own.
  ///
  /// - Returns: The number of the last track.
  func writeRegions(
    ofRank rank: Int, _ operations: ArraySlice<Int32>, _ regions: inout TraceRegions, to events: inout TraceEvents
  ) throws(TraceError) -> Int {
    let program = run.program
    for member in operations {
      let operation = Int(member)
      // An operation that is reached early waits for its peer: the region starts with the message.
      let start =
        program.kinds[operation] == .compute
        ? run.timeline.starts[operation] : run.timeline.messageStarts[Int(program.subjects[operation])]
      regions.extend(Int(program.regionIndices[operation]), from: start, to: run.timeline.finishes[operation])
    }
    let process = process(ofRank: rank)
    let whole = TraceTrack(process: process, thread: 1)
    try events.nameTrack(whole, "step")
    try events.begin(name, category: "rank", on: whole, at: 0) { text in
      let slot = run.topology.devices[rank]
      text.add("\"rank\":")
      text.add(rank)
      text.add(",\"node\":")
      text.add(slot.node)
      text.add(",\"device\":")
      text.add(quoted: run.topology.profiles[slot.profile].name)
      text.add(",\"sent_bytes\":")
      text.add(run.bytesSentByRank[rank].count)
      text.add(",\"peak_bytes\":")
      text.add(peaks[rank].count)
    }
    var thread = 1
    let lanes = regions.takeLanes()
    // The slice of the step stays open around the first lane, and there may be none.
    if lanes.isEmpty { try events.endSlice(on: whole, at: run.makespan.seconds) }
    for (lane, members) in lanes.enumerated() {
      if lane > 0 {
        thread += 1
        try events.nameTrack(TraceTrack(process: process, thread: thread), "step, beside \(lane)")
      }
      let track = TraceTrack(process: process, thread: thread)
      for event in members {
        switch event {
        case .begin(let region, let time):
          try writeBegin(ofRegion: region, on: track, at: time, to: &events)
        case .end(let time):
          try events.endSlice(on: track, at: time)
        }
      }
      if lane == 0 { try events.endSlice(on: whole, at: run.makespan.seconds) }
    }
    return thread
  }

  private func writeBegin(
    ofRegion index: Int, on track: TraceTrack, at time: Double, to events: inout TraceEvents
  ) throws(TraceError) {
    let region = run.program.regions[index]
    try events.begin(region.name, category: "region", on: track, at: time) { text in
      text.add("\"region\":")
      text.add(quoted: regionPaths[index])
      guard !region.detail.isEmpty else { return }
      text.add(",\"detail\":")
      text.add(quoted: region.detail)
    }
  }
}
