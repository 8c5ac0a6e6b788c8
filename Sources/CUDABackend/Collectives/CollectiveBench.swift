import Quantities

/// Times collectives, once their results were found exact, and finds them exact again afterwards.
///
/// A sample is the time between two events on each device's stream around ``runs(bytes:)`` collectives, one after another;
/// that of the slowest device counts, divided by the runs. All-reduces of one element before it let the devices begin
/// together.
///
/// Put on the streams one by one (``LaunchWay/operations``), how the host enqueues them stays in small sizes' times, spread
/// over the runs, as in nccl-tests. As a graph (``LaunchWay/graph``) the runs of a sample are recorded once, in a graph of
/// each device's own stream, as nccl-tests' -G does, with the all-reduce before them and the events around them: the host
/// has put all of it on the streams before the first event can be reached. So each device's clock times its own work, and
/// nothing of one device waits for another's but what NCCL itself makes wait; one graph of all devices would have the wait
/// of each for the first, and of the first for each, in every sample.
///
/// A result is compared with what it must be before the first sample and after the last, and in between after every batch
/// of samples, outside of what is timed (``batchesBetweenChecks(bytes:)``): what the last run of a batch left. Where a
/// reduction is in place, each run's result is the next one's data; then fresh data are reduced once, before and
/// afterwards. As a graph all of it is found right through the timed graph itself, but for reductions in place, which have
/// a graph of one collective to be checked by.
public struct CollectiveBench {
  /// The ranks.
  public let group: CollectiveGroup
  /// How often.
  public let plan: RepeatPlan
  /// How the collectives of a sample come to the devices.
  public let way: LaunchWay
  /// Who measures together.
  public let processes: any CollectiveProcesses

  /// The collectives before the first sample, as nccl-tests has them.
  static let warmUps = 5

  /// Creates a bench.
  public init(
    group: CollectiveGroup, plan: RepeatPlan, way: LaunchWay = .operations,
    processes: any CollectiveProcesses = LoneProcess()
  ) {
    self.group = group
    self.plan = plan
    self.way = way
    self.processes = processes
  }

  /// The collectives of a sample: 20, as in nccl-tests, and fewer where so many would move more than 64 MiB.
  ///
  /// - Parameter bytes: The size of one.
  public static func runs(bytes: Int64) -> Int { Int(max(1, min(20, (64 << 20) / max(bytes, 1)))) }

  /// The batches of samples from one comparison of the result to the next: each one, and every fourth above 64 MiB, where
  /// the host would take longer to compare than the devices to run.
  ///
  /// - Parameter bytes: The size of one.
  public static func batchesBetweenChecks(bytes: Int64) -> Int { bytes <= 64 << 20 ? 1 : 4 }

  /// A rank's memory.
  private struct Buffers {
    let source: DeviceBuffer
    /// The same as the source in place.
    let target: DeviceBuffer
    let sourceOffset: Int
    let targetOffset: Int
  }

  /// Checks, measures and checks again.
  ///
  /// - Parameters:
  ///   - collective: The collective.
  ///   - type: The type of elements.
  ///   - size: The size, by nccl-tests' conventions.
  ///   - isInPlace: Whether source and target are the same memory.
  ///   - seed: Chooses the data.
  /// - Returns: What was found; nil where nothing is left of the size when it is divided among ranks.
  /// - Throws: ``CUDAError``; `wrongTransfer` where a result differs.
  public func measure(
    _ collective: Collective, type: CollectiveType, size: Bytes, isInPlace: Bool, seed: UInt64
  ) throws -> CollectiveMeasurement? {
    let shape = collective.shape(size: size, type: type, ranks: group.worldSize)
    guard shape.count > 0 else { return nil }
    let bytes = Bytes(Int64(shape.whole * type.byteCount))
    let label = "\(collective.rawValue) \(type.rawValue) \(bytes)\(isInPlace ? " in place" : "")"
    let data = CollectiveData(collective: collective, type: type, ranks: group.worldSize, seed: seed)
    let buffers = try group.members.map { member in
      try allocate(collective, shape, type, isInPlace, member, label)
    }
    let starts = try group.members.map { try $0.session.event() }
    let ends = try group.members.map { try $0.session.event() }
    let finishes = try group.members.map { try $0.session.event(isTimed: false) }
    let signals = try group.signals(for: label)
    // A graph holds addresses and events that nothing in Swift may be seen to need any more once it is recorded.
    defer { withExtendedLifetime((buffers, starts, ends, finishes, signals)) {} }

    func enqueue() throws(CUDAError) {
      try group.group(label) { member throws(CUDAError) in
        let own = buffers[index(of: member)]
        try group.call(
          collective, count: shape.count, type: type, source: own.source.address + UInt64(own.sourceOffset),
          target: own.target.address + UInt64(own.targetOffset), member)
      }
    }
    func finish(_ purpose: String) throws(CUDAError) {
      for (member, event) in zip(group.members, finishes) { try member.session.record(event) }
      try group.wait(for: finishes, purpose)
    }
    func check() throws {
      try agree(label) {
        for (member, own) in zip(group.members, buffers) {
          let found = try own.target.read(
            shape.received * type.byteCount, as: UInt8(0), at: own.targetOffset)
          if let wrong = data.firstWrong(found, rank: member.rank, shape) {
            func text(_ bytes: [UInt8]) -> String {
              "0x" + bytes.reversed().map { String(UInt16($0) + 0x100, radix: 16).suffix(2) }.joined()
            }
            return
              "on rank \(member.rank), element \(wrong.element) of \(shape.received) is \(text(wrong.found)), "
              + "expected \(text(wrong.expected))"
          }
        }
        return nil
      }
    }
    func runAndCheck(_ run: () throws(CUDAError) -> Void) throws {
      for (member, own) in zip(group.members, buffers) {
        // What is not written must not pass for a result of before.
        try member.session.fill(own.target, with: 0xA5, for: "preparing \(label)")
        try member.session.synchronize("preparing \(label)")
        try own.source.write(data.given(member.rank, shape), at: own.sourceOffset)
      }
      try processes.limited("checking \(label)") {
        try run()
        try finish("checking \(label)")
      }
      try check()
    }
    func signal() throws(CUDAError) { try group.start(signals, "starting \(label)") }
    func graphs(_ body: () throws(CUDAError) -> Void) throws -> [LaunchGraph] {
      try processes.limited("recording \(label)") {
        try DeviceSession.graphs(of: group.members.map(\.session), body)
      }
    }
    func launch(_ graphs: [LaunchGraph]) throws(CUDAError) {
      for (member, graph) in zip(group.members, graphs) { try member.session.launch(graph) }
    }

    let runs = Self.runs(bytes: bytes.count)
    // Reductions in place go on with their results.
    let givesSameAgain = !(isInPlace && collective.reduces)
    var runOnce = enqueue
    var runSample: () throws(CUDAError) -> Void = { () throws(CUDAError) in
      try signal()
      for (member, event) in zip(group.members, starts) { try member.session.record(event) }
      for _ in 0..<runs { try enqueue() }
      for (member, event) in zip(group.members, ends) { try member.session.record(event) }
    }
    try runAndCheck(runOnce)
    try processes.limited("warming up for \(label)") {
      for _ in 0..<Self.warmUps { try enqueue() }
      try finish("warming up for \(label)")
    }
    if way == .graph {
      // What NCCL prepares at a first call is better not done while it is recorded.
      try processes.limited("warming up for \(label)") {
        try signal()
        try finish("warming up for \(label)")
      }
      let timed = try graphs { () throws(CUDAError) in
        try signal()
        for (member, event) in zip(group.members, starts) { try member.session.recordInGraph(event) }
        for _ in 0..<runs { try enqueue() }
        for (member, event) in zip(group.members, ends) { try member.session.recordInGraph(event) }
      }
      let checked = givesSameAgain ? timed : try graphs(enqueue)
      runSample = { () throws(CUDAError) in try launch(timed) }
      runOnce = { () throws(CUDAError) in try launch(checked) }
      try processes.limited("warming up for \(label)") {
        try runSample()
        try finish("warming up for \(label)")
      }
      try runAndCheck(runOnce)
    }
    var watches = group.members.map { SensorWatch($0.session) }
    var uncheckedBatches = 0
    let times = try plan.runBatches { count in
      if uncheckedBatches == Self.batchesBetweenChecks(bytes: bytes.count), givesSameAgain {
        try check()
        uncheckedBatches = 0
      }
      var samples: [Double] = []
      for _ in 0..<count {
        samples.append(
          try processes.limited("timing \(label)") {
            try runSample()
            try finish("timing \(label)")
            var slowest = 0.0
            for (start, end) in zip(starts, ends) {
              slowest = max(slowest, try end.time(since: start, "timing \(label)").seconds)
            }
            for index in watches.indices { watches[index].see(slowest) }
            return slowest / Double(runs)
          })
      }
      uncheckedBatches += 1
      return try processes.largest(samples)
    }.told(label)
    let sensors = watches.indices.map { watches[$0].finish() }
    if givesSameAgain { try check() } else { try runAndCheck(runOnce) }
    return CollectiveMeasurement(
      collective: collective, type: type, bytes: bytes, count: shape.count, isInPlace: isInPlace,
      ranks: group.worldSize, runs: runs, way: way, seed: seed, times: times,
      isPrecise: times.relativeWidth <= plan.precision,
      readings: zip(group.members, sensors).map {
        CollectiveMeasurement.Readings(device: $0.0.session.device.index, sensors: $0.1)
      })
  }

  private func index(of member: CollectiveGroup.Member) -> Int {
    group.members.firstIndex { $0.rank == member.rank } ?? 0
  }

  /// All processes throw where one finds something wrong.
  private func agree(_ label: String, _ find: () throws -> String?) throws {
    if let problem = try processes.agreed(try find(), rank: group.members.first?.rank ?? 0) {
      throw CUDAError.wrongTransfer(label, problem: problem)
    }
  }

  private func allocate(
    _ collective: Collective, _ shape: CollectiveShape, _ type: CollectiveType, _ isInPlace: Bool,
    _ member: CollectiveGroup.Member, _ label: String
  ) throws(CUDAError) -> Buffers {
    let (sent, received) = (shape.sent * type.byteCount, shape.received * type.byteCount)
    guard isInPlace else {
      return Buffers(
        source: try member.session.allocate(sent, for: label),
        target: try member.session.allocate(received, for: label), sourceOffset: 0, targetOffset: 0)
    }
    let both = try member.session.allocate(max(sent, received), for: label)
    // A rank's part lies where the whole has it (NCCL's "In-place Operations").
    let own = member.rank * shape.count * type.byteCount
    return Buffers(
      source: both, target: both, sourceOffset: collective == .allGather ? own : 0,
      targetOffset: collective == .reduceScatter ? own : 0)
  }
}
