import Quantities

/// Times copies between the memories of devices, and between them and the host's, once the CPU has found them right.
///
/// A sample is the time between two events around ``CollectiveBench/runs(bytes:)`` copies, one after another, divided by
/// them. Where both ways run at once they begin together, and the slower one counts.
public struct LinkBench {
  /// The devices.
  public let sessions: [DeviceSession]
  /// How often.
  public let plan: RepeatPlan

  /// The samples that are thrown away before the first.
  static let warmUps = 3

  /// Creates a bench.
  public init(sessions: [DeviceSession], plan: RepeatPlan) {
    self.sessions = sessions
    self.plan = plan
  }

  /// The routes between all devices: first those of the host, then each way between two, then both at once.
  public var routes: [LinkRoute] {
    let numbers = sessions.map(\.device.index)
    let pairs = numbers.flatMap { one in numbers.filter { $0 != one }.map { (one, $0) } }
    return numbers.flatMap { [LinkRoute.toDevice($0), .fromDevice($0)] }
      + pairs.map { .oneWay(from: $0.0, to: $0.1) }
      + pairs.filter { $0.0 < $0.1 }.map { .bothWays($0.0, $0.1) }
  }

  /// One direction of a route: copies on a device's stream, and the two ends.
  private struct Lane {
    let session: DeviceSession
    let start: DeviceEvent
    let end: DeviceEvent
    let copy: () throws(CUDAError) -> Void
    /// Overwrites the target.
    let clear: () throws(CUDAError) -> Void
    /// What is wrong with the target.
    let problem: () throws(CUDAError) -> String?
    let isDirect: Bool
  }

  /// Checks, measures and checks again.
  ///
  /// - Parameters:
  ///   - route: The route.
  ///   - size: The bytes of one copy.
  ///   - seed: Chooses the data.
  /// - Throws: ``CUDAError``; `wrongTransfer` where data arrive wrong.
  public func measure(_ route: LinkRoute, size: Bytes, seed: UInt64) throws(CUDAError) -> LinkMeasurement {
    let label = "\(route.name), \(size)"
    let lanes = try lanes(route, Int(size.count), seed, label)
    func check() throws(CUDAError) {
      for lane in lanes {
        if let problem = try lane.problem() { throw .wrongTransfer("the copy \(label)", problem: problem) }
      }
    }
    func synchronize(_ purpose: String) throws(CUDAError) {
      for lane in lanes { try lane.session.synchronize(purpose) }
    }
    for lane in lanes {
      try lane.clear()
      try lane.copy()
    }
    try synchronize("copying \(label)")
    try check()

    let runs = CollectiveBench.runs(bytes: size.count)
    let isDirect = lanes.allSatisfy(\.isDirect)
    // Copies that go through the host's memory may not be recorded everywhere.
    var graphs: [LaunchGraph] = []
    if isDirect {
      for lane in lanes {
        // With their events, between which the host's launch of the graph would lie otherwise.
        graphs.append(
          try lane.session.graph { () throws(CUDAError) in
            try lane.session.recordInGraph(lane.start)
            for _ in 0..<runs { try lane.copy() }
            try lane.session.recordInGraph(lane.end)
          })
      }
    }
    func sample() throws(CUDAError) -> Double {
      let purpose = "timing \(label)"
      // All begin where the last of them is ready.
      for lane in lanes { try lane.session.record(lane.start) }
      for lane in lanes {
        for other in lanes where other.session !== lane.session { try lane.session.wait(for: other.start) }
      }
      if isDirect {
        for (lane, graph) in zip(lanes, graphs) { try lane.session.launch(graph) }
      } else {
        for lane in lanes { try lane.session.record(lane.start) }
        for _ in 0..<runs { for lane in lanes { try lane.copy() } }
        for lane in lanes { try lane.session.record(lane.end) }
      }
      try synchronize(purpose)
      var slowest = 0.0
      for lane in lanes { slowest = max(slowest, try lane.end.time(since: lane.start, purpose).seconds) }
      return slowest / Double(runs)
    }
    for _ in 0..<Self.warmUps { _ = try sample() }
    let used = lanes.map(\.session)
    var watches = used.map { SensorWatch($0) }
    let times = try plan.run { () throws(CUDAError) -> Double in
      let time = try sample()
      for index in watches.indices { watches[index].see(time * Double(runs)) }
      return time
    }.told(label)
    let sensors = watches.indices.map { watches[$0].finish() }
    try check()
    return LinkMeasurement(
      route: route, bytes: size, isDirect: isDirect, way: isDirect ? .graph : .calls, runs: runs, seed: seed,
      times: times, isPrecise: times.relativeWidth <= plan.precision,
      readings: zip(used, sensors).map {
        CollectiveMeasurement.Readings(device: $0.0.device.index, sensors: $0.1)
      })
  }

  private func lanes(
    _ route: LinkRoute, _ byteCount: Int, _ seed: UInt64, _ label: String
  ) throws(CUDAError) -> [Lane] {
    switch route {
    case .oneWay(let from, let to): return [try peerLane(from, to, byteCount, seed, label)]
    case .bothWays(let one, let other):
      return [
        try peerLane(one, other, byteCount, seed, label), try peerLane(other, one, byteCount, seed &+ 1, label),
      ]
    case .toDevice(let number):
      let session = try session(number)
      let data = CopiedData(byteCount, seed: seed)
      let source = try PinnedBuffer(byteCount, for: session, purpose: label)
      let target = try session.allocate(byteCount, for: label)
      data.write(to: source.bytes)
      return [
        Lane(
          session: session, start: try session.event(), end: try session.event(),
          copy: { () throws(CUDAError) in try session.copy(to: target, from: source) },
          clear: { () throws(CUDAError) in try session.fill(target, with: 0xA5, for: "preparing \(label)") },
          problem: { () throws(CUDAError) in data.problem(try target.read(byteCount, as: UInt8(0))) }, isDirect: true)
      ]
    case .fromDevice(let number):
      let session = try session(number)
      let data = CopiedData(byteCount, seed: seed)
      let source = try session.buffer(data.bytes, for: label)
      let target = try PinnedBuffer(byteCount, for: session, purpose: label)
      return [
        Lane(
          session: session, start: try session.event(), end: try session.event(),
          copy: { () throws(CUDAError) in try session.copy(to: target, from: source) },
          clear: { () throws(CUDAError) in _ = target.bytes.initializeMemory(as: UInt8.self, repeating: 0xA5) },
          problem: { () throws(CUDAError) in data.problem(Array(target.bytes)) }, isDirect: true)
      ]
    }
  }

  /// A device sends to another on its own stream, as pushing over NVLink is the faster way.
  private func peerLane(
    _ from: Int, _ to: Int, _ byteCount: Int, _ seed: UInt64, _ label: String
  ) throws(CUDAError) -> Lane {
    let (sender, receiver) = (try session(from), try session(to))
    let isDirect = try sender.enableAccess(to: receiver)
    let data = CopiedData(byteCount, seed: seed)
    let source = try sender.buffer(data.bytes, for: label)
    let target = try receiver.allocate(byteCount, for: label)
    return Lane(
      session: sender, start: try sender.event(), end: try sender.event(),
      copy: { () throws(CUDAError) in try sender.copy(byteCount, to: target, from: source) },
      clear: { () throws(CUDAError) in
        try receiver.fill(target, with: 0xA5, for: "preparing \(label)")
        try receiver.synchronize("preparing \(label)")
      }, problem: { () throws(CUDAError) in data.problem(try target.read(byteCount, as: UInt8(0))) },
      isDirect: isDirect)
  }

  private func session(_ number: Int) throws(CUDAError) -> DeviceSession {
    guard let found = sessions.first(where: { $0.device.index == number }) else {
      throw .noDevice("device \(number) is not in use")
    }
    return found
  }
}
