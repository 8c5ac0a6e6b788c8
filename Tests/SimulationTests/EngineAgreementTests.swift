import Programs
import Quantities
import RealModule
import TestSupport
import Testing
import Topologies

@testable import Simulation

/// The three ways of running a program give the same results to the last bit.
@Suite struct EngineAgreementTests {
  /// A random program of kernels and messages over random streams, with dependencies on any earlier operation.
  static func program(ranks: Int, operations: Int, ordered: Bool, using generator: inout SeededGenerator) -> Program {
    var builder = ProgramBuilder(worldSize: ranks)
    var done: [OperationID] = []
    let streams: [Programs.Stream] = ordered ? [.send] : [.send, .unordered, .compute]
    func dependencies(_ generator: inout SeededGenerator) -> Dependencies {
      let count = min(done.count, Int.random(in: 0...3, using: &generator))
      return .all((0..<count).compactMap { _ in done.suffix(40).randomElement(using: &generator) })
    }
    for _ in 0..<operations {
      let rank = Int.random(in: 0..<ranks, using: &generator)
      if Bool.random(using: &generator) {
        // Few distinct sizes, so that ties abound.
        let kernel = SmallClusters.streaming(bytes: 1_000_000 * Int64.random(in: 0...3, using: &generator))
        let stream = ordered ? .compute : streams.randomElement(using: &generator) ?? .compute
        done.append(builder.compute(kernel, rank: rank, stream: stream, after: dependencies(&generator)))
      } else if ranks > 1 {
        let peer = ordered ? (rank + 1) % ranks : (rank + Int.random(in: 1..<ranks, using: &generator)) % ranks
        let elements = Int.random(in: 0...3, using: &generator) * 100_000
        let source = builder.buffer(rank: rank, label: "out", elements: elements, type: .bf16, persistent: true)
        let target = builder.buffer(rank: peer, label: "in", elements: elements, type: .bf16)
        let live = builder.allocate(target, after: dependencies(&generator))
        let (sent, received) = builder.transfer(
          builder.whole(source), to: builder.whole(target),
          sendStream: streams.randomElement(using: &generator) ?? .send, receiveStream: .receive,
          sendAfter: dependencies(&generator), receiveAfter: .one(live))
        builder.free(target, after: .one(received))
        done += [sent, received]
      }
    }
    return builder.build()
  }

  static func expectEqual(_ first: Timeline, _ second: Timeline) {
    #expect(first.starts.map(\.bitPattern) == second.starts.map(\.bitPattern))
    #expect(first.finishes.map(\.bitPattern) == second.finishes.map(\.bitPattern))
    #expect(first.messageStarts.map(\.bitPattern) == second.messageStarts.map(\.bitPattern))
    #expect(first.messagePosts.map(\.bitPattern) == second.messagePosts.map(\.bitPattern))
    #expect(first.causes == second.causes)
    #expect(first.ledger.peaks == second.ledger.peaks)
    #expect(first.ledger.peakTimes == second.ledger.peakTimes)
  }

  @Test(arguments: 1...40) func aheadOfTheClockIsAsByTheClock(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ranks = Int.random(in: 2...12, using: &generator)
    let topology =
      seed % 2 == 0
      ? SmallClusters.mesh(ranks)
      : SmallClusters.random(devices: ranks, switches: Int.random(in: 1...5, using: &generator), using: &generator)
    let program = Self.program(ranks: ranks, operations: 600, ordered: seed % 3 == 0, using: &generator)
    let ahead = try Engine.run(program, on: topology)
    let byClock = try Engine.run(program, on: topology, followsClock: true)
    Self.expectEqual(ahead, byClock)
  }

  @Test(arguments: 1...10) func theWalkIsAsTheEngine(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ranks = Int.random(in: 2...30, using: &generator)
    let topology = SmallClusters.star(ranks)
    let program = Self.program(ranks: ranks, operations: 2000, ordered: true, using: &generator)
    let plan = try MessagePlan(program: program, topology: topology)
    #expect(plan.needsNoClock)
    let walked = try #require(try Walk.run(program, on: topology, plan: plan, conditions: Conditions()))
    Self.expectEqual(walked, try Engine.run(program, on: topology, followsClock: true))
  }

  /// Conditions that need no clock, on links of one class.
  static func conditions(ranks: Int, links: Int, using generator: inout SeededGenerator) -> Conditions {
    var conditions = Conditions()
    conditions.seed = UInt64.random(in: 0...1000, using: &generator)
    conditions.startDelays = (0..<ranks).map { _ in Seconds(Double.random(in: 0...1e-5, using: &generator)) }
    conditions.slowdowns = (0..<ranks).map { _ in Double.random(in: 1...2, using: &generator) }
    conditions.kernelJitter = .exponential(mean: 0.1)
    conditions.messageJitters = [.logNormal(median: 1e-6, sigma: 0.5)]
    conditions.linkFactors = (0..<links).map { _ in Double.random(in: 0.1...1, using: &generator) }
    conditions.efficiencies = [
      EfficiencyCurve(points: [
        EfficiencyCurve.Point(size: Bytes(1000), share: 0.1), EfficiencyCurve.Point(size: Bytes(400_000), share: 0.9),
      ])
    ]
    conditions.halfDuplex = [Bool.random(using: &generator)]
    return conditions
  }

  @Test(arguments: 1...30) func underConditionsAllWaysAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ranks = Int.random(in: 2...12, using: &generator)
    let topology = seed % 2 == 0 ? SmallClusters.mesh(ranks) : SmallClusters.star(ranks)
    let program = Self.program(ranks: ranks, operations: 600, ordered: seed % 3 == 0, using: &generator)
    let conditions = Self.conditions(ranks: ranks, links: topology.graph.links.count, using: &generator)
    let ahead = try Engine.run(program, on: topology, under: conditions)
    Self.expectEqual(ahead, try Engine.run(program, on: topology, under: conditions, followsClock: true))
    let plan = try MessagePlan(program: program, topology: topology, conditions: conditions)
    if plan.needsNoClock {
      let walked = try #require(try Walk.run(program, on: topology, plan: plan, conditions: conditions))
      Self.expectEqual(walked, ahead)
    }
    let run = try Simulator(topology: topology).run(program, under: conditions)
    let path = run.criticalPath()
    #expect(path.total.seconds.isApproximatelyEqual(to: run.makespan.seconds, relativeTolerance: 1e-9))
    let clean = try Simulator(topology: topology).run(program)
    #expect(run.totalBytes == clean.totalBytes)
  }

  @Test func messagesThatShareALinkAreNotLone() throws {
    var builder = ProgramBuilder(worldSize: 3)
    for from in 0..<2 { SimulatorTests.addMessage(&builder, from: from, to: 2, bytes: 1000) }
    let plan = try MessagePlan(program: builder.build(), topology: SmallClusters.star(3))
    #expect(plan.isLone == [false, false])
    #expect(!plan.needsNoClock)
  }
}
