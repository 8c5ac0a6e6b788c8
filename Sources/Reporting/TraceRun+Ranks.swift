import Programs
import Quantities
import Simulation
import Topologies

extension TraceRun {
  /// Writes a process for each rank that is shown.
  func writeRanks(to events: inout TraceEvents) throws(TraceError) {
    let program = run.program
    let operations = TraceGroups(groups: program.worldSize, count: program.count) { index, name in
      let rank = Int(program.ranks[index])
      switch program.kinds[index] {
      case .compute, .send, .receive: if isShown[rank] { name(rank) }
      case .allocate, .free: break
      }
    }
    let log = run.memoryOperations
    let memory = TraceGroups(groups: program.worldSize, count: log.count) { index, name in
      let rank = Int(program.ranks[Int(log[index])])
      if isShown[rank] { name(rank) }
    }
    var persistent = [Int64](repeating: 0, count: program.worldSize)
    for buffer in program.buffers where buffer.persistent { persistent[Int(buffer.rank)] += buffer.bytes.count }
    var extents = TraceRegions(regions: program.regions)
    for rank in isShown.indices where isShown[rank] {
      let vertex = run.topology.graph.vertices[run.topology.devices[rank].vertex].name
      try events.nameProcess(process(ofRank: rank), "\(name): rank \(rank), \(vertex)")
      let used = try writeRegions(ofRank: rank, operations[rank], &extents, to: &events)
      try writeStreams(ofRank: rank, operations[rank], after: used, to: &events)
      try writeMemory(ofRank: rank, memory[rank].map { log[Int($0)] }, from: persistent[rank], to: &events)
    }
  }

  // MARK: Streams

  /// Writes a track for each stream of a rank, and the operations outside streams in as many as they need.
  private func writeStreams(
    ofRank rank: Int, _ operations: ArraySlice<Int32>, after usedThreads: Int, to events: inout TraceEvents
  ) throws(TraceError) {
    let program = run.program
    var thread = usedThreads
    func write(_ members: [Int], _ title: String) throws(TraceError) {
      guard !members.isEmpty else { return }
      thread += 1
      let track = TraceTrack(process: process(ofRank: rank), thread: thread)
      try events.nameTrack(track, title)
      for operation in members { try writeOperation(operation, on: track, to: &events) }
    }
    let kinds: [(kind: OperationKind, stream: Stream, title: String)] = [
      (.compute, .compute, "compute"), (.send, .send, "send"), (.receive, .receive, "receive"),
    ]
    let operations = operations.map { Int($0) }
    for (kind, stream, title) in kinds {
      // A stream runs its operations one at a time, in program order.
      try write(operations.filter { program.streams[$0] == stream }, title)
      let loose = operations.filter { program.streams[$0] == .unordered && program.kinds[$0] == kind }
      let lanes = TraceLanes(loose.map { (run.timeline.starts[$0], run.timeline.finishes[$0]) }).lanes
      for (lane, members) in lanes.enumerated() {
        try write(members.map { loose[$0] }, "\(title), unordered \(lane)")
      }
    }
  }

  private func writeOperation(
    _ operation: Int, on track: TraceTrack, to events: inout TraceEvents
  ) throws(TraceError) {
    switch run.program.kinds[operation] {
    case .compute: try writeKernel(operation, on: track, to: &events)
    case .send, .receive: try writeMessage(operation, on: track, to: &events)
    case .allocate, .free: break
    }
  }

  private func writeKernel(
    _ operation: Int, on track: TraceTrack, to events: inout TraceEvents
  ) throws(TraceError) {
    let kernel = run.program.kernels[Int(run.program.subjects[operation])]
    let start = run.timeline.starts[operation]
    try events.begin(kernel.action.name, category: "kernel", on: track, at: start) { text in
      addCommonArguments(ofOperation: operation, to: &text)
      text.add(",\"flops\":")
      text.add(kernel.flops.count)
      text.add(",\"bytes\":")
      text.add(kernel.bytes.count)
      text.add(",\"type\":\"")
      text.add(escaped: kernel.type.rawValue)
      text.add("\"")
    }
    try events.endSlice(on: track, at: run.timeline.finishes[operation])
  }

  // MARK: Messages

  /// Writes one side of a message: the wait for the other side, then the message, with its end of the arrow.
  private func writeMessage(
    _ operation: Int, on track: TraceTrack, to events: inout TraceEvents
  ) throws(TraceError) {
    let index = Int(run.program.subjects[operation])
    let message = run.program.messages[index]
    let isSend = run.program.kinds[operation] == .send
    let peer = isSend ? message.to : message.from
    let reached = run.timeline.starts[operation]
    let started = run.timeline.messageStarts[index]
    if started > reached {
      try events.begin("wait for rank \(peer)", category: "wait", on: track, at: reached, isGrey: true) { text in
        addCommonArguments(ofOperation: operation, to: &text)
      }
      try events.endSlice(on: track, at: started)
    }
    // A receive may be reached when its message is already on its way into a buffer, or there.
    let began = isSend ? started : max(started, reached)
    let title = isSend ? "send to rank \(peer)" : "receive from rank \(peer)"
    try events.begin(title, category: isSend ? "send" : "receive", on: track, at: began) { text in
      addCommonArguments(ofOperation: operation, to: &text)
      text.add(",\"peer\":")
      text.add(Int(peer))
      text.add(",\"bytes\":")
      text.add(message.bytes)
      if isSend { addRoute(ofMessage: index, to: &text) }
    }
    if isShown[Int(peer)] {
      if isSend {
        try events.startFlow(firstFlow + index, on: track, at: run.timeline.messagePosts[index])
      } else {
        try events.endFlow(firstFlow + index, on: track, at: max(began, run.arrival(ofMessage: index)))
      }
    }
    try events.endSlice(on: track, at: run.timeline.finishes[operation])
  }

  /// Adds the legs of a message that a failed link sent another way: the links of each and the bytes that they carried.
  private func addLegs(ofMessage index: Int, to text: inout TraceText) {
    let legs = run.timeline.legs.filter { $0.message == Int32(index) }
    guard !legs.isEmpty else { return }
    text.add(",\"legs\":[")
    for (place, leg) in legs.enumerated() {
      text.add(place > 0 ? ",{\"bytes\":" : "{\"bytes\":")
      text.add(Int(leg.bytes))
      text.add(",\"links\":[")
      for (place, link) in run.timeline.routes[Int(leg.route)].links.enumerated() {
        if place > 0 { text.add(",") }
        text.add(Int(link))
      }
      text.add("]}")
    }
    text.add("]")
  }

  /// Adds what the time of a message went into, and its way, as links for programs and as vertices for people.
  private func addRoute(ofMessage index: Int, to text: inout TraceText) {
    let graph = run.topology.graph
    let route = run.route(ofMessage: index)
    let posted = run.timeline.messagePosts[index]
    text.add(",\"posting_us\":")
    text.add(microsecondsOf: posted - run.timeline.messageStarts[index])
    text.add(",\"latency_us\":")
    text.add(microsecondsOf: route.latency.seconds)
    text.add(",\"transfer_us\":")
    text.add(microsecondsOf: run.finish(ofMessage: index) - run.arrival(ofMessage: index))
    text.add(",\"links\":[")
    for (place, link) in route.links.enumerated() {
      if place > 0 { text.add(",") }
      text.add(Int(link))
    }
    text.add("],\"route\":\"")
    for (place, link) in route.links.enumerated() {
      let ends = graph.links[Int(link)]
      if place == 0 { text.add(escaped: graph.vertices[Int(ends.from)].name) }
      text.add(" → ")
      text.add(escaped: graph.vertices[Int(ends.to)].name)
    }
    text.add("\"")
    addLegs(ofMessage: index, to: &text)
  }

  // MARK: Memory

  /// Writes the live bytes of a rank after each of its allocations and frees, given in the order in which they
  /// happened.
  private func writeMemory(
    ofRank rank: Int, _ changes: [Int32], from persistent: Int64, to events: inout TraceEvents
  ) throws(TraceError) {
    let program = run.program
    var live = persistent
    func write(at time: Double) throws(TraceError) {
      try events.count("live memory", "bytes", of: process(ofRank: rank), at: time, Double(live))
    }
    try write(at: 0)
    var last = 0.0
    for change in changes {
      let operation = Int(change)
      let bytes = program.buffers[Int(program.subjects[operation])].bytes.count
      live += program.kinds[operation] == .allocate ? bytes : -bytes
      last = run.timeline.finishes[operation]
      try write(at: last)
    }
    // The last value is seen only where another follows it.
    if last < run.makespan.seconds { try write(at: run.makespan.seconds) }
  }
}
