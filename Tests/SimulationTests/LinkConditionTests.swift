import Devices
import Programs
import Quantities
import RealModule
import TestSupport
import Testing
import Topologies

@testable import Simulation

/// Links that are slower, shared, changing or failing, each against a case worked out by hand.
@Suite struct LinkConditionTests {
  let star = SmallClusters.star(3)

  func isClose(_ time: Seconds, _ expected: Double) -> Bool { ConditionTests.isClose(time, expected) }

  /// The link from a vertex to another.
  func link(_ from: String, _ to: String, in topology: Topology) throws -> Int32 {
    let graph = topology.graph
    let index = graph.links.firstIndex {
      graph.vertices[Int($0.from)].name == from && graph.vertices[Int($0.to)].name == to
    }
    return Int32(try #require(index))
  }

  @Test func aSlowLinkTakesLongerForEveryByte() throws {
    var conditions = Conditions()
    conditions.linkFactors = star.graph.links.map { _ in 0.5 }
    let run = try ConditionTests.run(ConditionTests.oneMessage(), on: star, conditions)
    #expect(isClose(run.makespan, 22e-6))
    #expect(isClose(run.criticalPath().resources[.degradation(link: "wire")] ?? .zero, 10e-6))
  }

  @Test func smallMessagesReachLessOfTheBandwidth() throws {
    let curve = EfficiencyCurve(points: [
      EfficiencyCurve.Point(size: Bytes(1000), share: 0.2), EfficiencyCurve.Point(size: Bytes(100_000), share: 0.6),
    ])
    #expect(curve.share(of: 10) == 0.2)
    #expect(curve.share(of: 10_000).isApproximatelyEqual(to: 0.4))
    #expect(curve.share(of: 1_000_000) == 0.6)
    var conditions = Conditions()
    conditions.efficiencies = [curve]
    let run = try ConditionTests.run(ConditionTests.oneMessage(bytes: 10_000), on: star, conditions)
    // 2 us before the bytes flow, and 100 ns of bytes at 40 %.
    #expect(isClose(run.makespan, 2.25e-6))
    #expect(isClose(run.criticalPath().resources[.messageEfficiency(link: "wire")] ?? .zero, 0.15e-6))
    #expect(run.bytesByLink.reduce(.zero, +) == Bytes(20_000))
  }

  @Test(arguments: [false, true]) func halfDuplexCablesCarryOneDirectionAtATime(isHalf: Bool) throws {
    var builder = ProgramBuilder(worldSize: 2)
    SimulatorTests.addMessage(&builder, from: 0, to: 1, bytes: 1_000_000)
    SimulatorTests.addMessage(&builder, from: 1, to: 0, bytes: 1_000_000)
    var conditions = Conditions()
    conditions.halfDuplex = [isHalf]
    let run = try ConditionTests.run(builder.build(), on: SmallClusters.mesh(2), conditions)
    #expect(isClose(run.makespan, isHalf ? 21.5e-6 : 11.5e-6))
  }

  // MARK: Changes

  @Test func aLinkThatDegradesSlowsWhatIsUnderWay() throws {
    var conditions = Conditions()
    conditions.linkChanges = [LinkChange(time: Seconds(6e-6), link: try link("gpu0", "switch", in: star), factor: 0.5)]
    // Bytes flow from 2 us: 0.4 MB by 6 us, the other 0.6 MB at 50 GB/s.
    #expect(isClose(try ConditionTests.run(ConditionTests.oneMessage(), on: star, conditions).makespan, 18e-6))
    conditions.linkChanges.append(
      LinkChange(time: Seconds(10e-6), link: try link("gpu0", "switch", in: star), factor: 1))
    let run = try ConditionTests.run(ConditionTests.oneMessage(), on: star, conditions)
    #expect(isClose(run.makespan, 14e-6))
    #expect(isClose(run.criticalPath().resources[.change(link: "wire")] ?? .zero, 2e-6))
  }

  @Test func aLinkThatComesBackGoesOnWithTheRest() throws {
    var conditions = Conditions()
    let link = try link("gpu0", "switch", in: star)
    conditions.linkChanges = [
      LinkChange(time: Seconds(6e-6), link: link, factor: 0), LinkChange(time: Seconds(20e-6), link: link, factor: 1),
    ]
    let run = try ConditionTests.run(ConditionTests.oneMessage(), on: star, conditions)
    // 0.4 MB by 6 us; from 20 us the latency of two hops again and 0.6 MB.
    #expect(isClose(run.makespan, 27e-6))
    #expect(run.bytesByLink[Int(link)] == Bytes(1_000_000))
  }

  @Test func aFailureThatCutsRanksOffIsNamed() throws {
    var conditions = Conditions()
    conditions.linkChanges = [LinkChange(time: Seconds(6e-6), link: try link("gpu0", "switch", in: star), factor: 0)]
    let error = #expect(throws: SimulationError.self) {
      try Simulator(topology: star).run(ConditionTests.oneMessage(), under: conditions)
    }
    #expect(error == .cutOff(from: 0, to: 1, at: Seconds(6e-6), failed: ["gpu0 → switch"]))
    #expect("\(try #require(error))".contains("rank 0 is cut off from rank 1 at 6 µs"))
  }

  /// Two ranks with a switch of their own each and two more between them.
  static var diamond: Topology {
    var graph = Graph()
    let wire = graph.add(SmallClusters.linkClass)
    let ends = (0..<2).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    let middles = (0..<2).map { graph.add(Vertex(name: "middle\($0)", kind: .switch, forwards: true)) }
    for end in ends { for middle in middles { graph.connect(end, middle, linkClass: wire, tier: .fabric) } }
    return SmallClusters.topology(graph, ends)
  }

  @Test func aFailedLinkSendsTheRestAnotherWay() throws {
    let topology = Self.diamond
    let planned = try #require(topology.route(from: 0, to: 1)).links
    var conditions = Conditions()
    conditions.linkChanges = [LinkChange(time: Seconds(6e-6), link: planned[1], factor: 0)]
    let run = try ConditionTests.run(ConditionTests.oneMessage(), on: topology, conditions)
    // 0.4 MB by 6 us, two hops of latency, and the other 0.6 MB.
    #expect(isClose(run.makespan, 13e-6))
    for (link, bytes) in run.bytesByLink.enumerated() {
      let isOnDetour = run.timeline.routes.last?.links.contains(Int32(link)) ?? false
      #expect(bytes == Bytes(planned.contains(Int32(link)) ? 400_000 : isOnDetour ? 600_000 : 0))
    }
    conditions.linkChanges = [LinkChange(time: .zero, link: planned[0], factor: 0)]
    let early = try ConditionTests.run(ConditionTests.oneMessage(), on: topology, conditions)
    // Known when it is posted, so that it pays for the other way alone.
    #expect(isClose(early.makespan, 12e-6))
    #expect(early.bytesByLink[Int(planned[0])] == .zero)
    #expect(early.criticalPath().resources[.change(link: "wire")] == nil)
    conditions.linkChanges = [LinkChange(time: Seconds(1.5e-6), link: planned[0], factor: 0)]
    // Failed after it was posted, and found so when its bytes were to flow, at 2 us: the latency of both ways.
    #expect(isClose(try ConditionTests.run(ConditionTests.oneMessage(), on: topology, conditions).makespan, 13e-6))
  }

  @Test(arguments: 1...40) func whateverFailsAndComesBackNoByteIsLost(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ranks = Int.random(in: 2...10, using: &generator)
    let topology = SmallClusters.random(devices: ranks, switches: 6, using: &generator)
    let program = EngineAgreementTests.program(ranks: ranks, operations: 400, ordered: false, using: &generator)
    let whole = try Simulator(topology: topology).run(program)
    var conditions = Conditions()
    for _ in 0..<Int.random(in: 1...20, using: &generator) {
      let link = Int32.random(in: 0..<Int32(topology.graph.links.count), using: &generator)
      let start = Double.random(in: 0...1, using: &generator) * whole.makespan.seconds
      let factor = Bool.random(using: &generator) ? 0 : Double.random(in: 0.1...1, using: &generator)
      conditions.linkChanges.append(LinkChange(time: Seconds(start), link: link, factor: factor))
      conditions.linkChanges.append(
        LinkChange(
          time: Seconds(start + Double.random(in: 0...1e-4, using: &generator)), link: link, factor: 1))
    }
    conditions.linkChanges.sort { $0.time < $1.time }
    if Bool.random(using: &generator) {
      conditions.background = [BackgroundFlow(from: 0, to: 1, bytes: Bytes(300_000), interval: Seconds(1e-5))]
    }
    conditions.halfDuplex = [Bool](repeating: seed % 4 == 0, count: topology.graph.linkClasses.count)
    let run = try ConditionTests.run(program, on: topology, conditions)
    #expect(run.timeline.finishes.allSatisfy { !$0.isNaN })
    // Every message is on each link of some way from its sender to its receiver: what enters a vertex leaves it.
    var balance = [Int64](repeating: 0, count: topology.graph.vertices.count)
    for (index, link) in topology.graph.links.enumerated() {
      balance[Int(link.from)] -= run.bytesByLink[index].count
      balance[Int(link.to)] += run.bytesByLink[index].count
    }
    for message in program.messages {
      balance[topology.devices[Int(message.from)].vertex] += message.bytes
      balance[topology.devices[Int(message.to)].vertex] -= message.bytes
    }
    #expect(balance.allSatisfy { $0 == 0 })
    let again = try Simulator(topology: topology).run(program, under: conditions)
    EngineAgreementTests.expectEqual(run.timeline, again.timeline)
  }

  // MARK: Background

  @Test func otherTrafficTakesItsShare() throws {
    var conditions = Conditions()
    conditions.background = [BackgroundFlow(from: 2, to: 1, bytes: Bytes(1_000_000))]
    let run = try ConditionTests.run(ConditionTests.oneMessage(ranks: 3), on: star, conditions)
    // Always there, so that the message has 50 GB/s.
    #expect(isClose(run.makespan, 22e-6))
    #expect(isClose(run.criticalPath().resources[.sharing(link: "wire")] ?? .zero, 10e-6))
    #expect(run.bytesByLink[Int(try link("gpu2", "switch", in: star))] == .zero)
    let moved = run.timeline.backgroundTransfers.reduce(Bytes.zero) { $0 + $1.bytes }
    // 2 us alone at 100 GB/s, then 20 us at half of it.
    #expect(moved == Bytes(1_200_000))
  }

  @Test func otherTrafficComesWhenItIsDue() throws {
    var conditions = Conditions()
    conditions.background = [
      BackgroundFlow(
        from: 2, to: 1, bytes: Bytes(200_000), start: Seconds(6e-6), interval: Seconds(1), end: Seconds(0.5))
    ]
    let run = try ConditionTests.run(ConditionTests.oneMessage(ranks: 3), on: star, conditions)
    // 0.4 MB by 6 us; 0.2 MB by 10 us beside the other's 0.2 MB; then 0.4 MB alone.
    #expect(isClose(run.makespan, 14e-6))
  }

  @Test func aClockThatStandsStillIsTold() throws {
    var conditions = Conditions()
    conditions.background = [BackgroundFlow(from: 2, to: 1, bytes: .zero)]
    let error = #expect(throws: SimulationError.self) {
      try Simulator(topology: star).run(ConditionTests.oneMessage(ranks: 3), under: conditions)
    }
    guard case .noProgress(let time, _) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(time == .zero)
  }

  @Test func aDeadlockBesideEndlessTrafficIsTold() throws {
    var builder = ProgramBuilder(worldSize: 3)
    let box = builder.buffer(rank: 0, label: "box", elements: 10, type: .bf16, persistent: true)
    builder.send(builder.whole(box), to: 1)
    var conditions = Conditions()
    conditions.background = [BackgroundFlow(from: 2, to: 1, bytes: Bytes(1000), interval: Seconds(1e-6))]
    let error = #expect(throws: SimulationError.self) {
      try Simulator(topology: star).run(builder.build(), under: conditions)
    }
    guard case .deadlock(_, _, let waiting) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(waiting.first?.contains("rank 0 waits") ?? false)
  }
}
