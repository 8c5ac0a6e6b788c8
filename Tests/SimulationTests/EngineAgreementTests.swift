import Programs
import Quantities
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
    let walked = try #require(try Walk.run(program, on: topology, plan: plan))
    Self.expectEqual(walked, try Engine.run(program, on: topology, followsClock: true))
  }

  @Test func messagesThatShareALinkAreNotLone() throws {
    var builder = ProgramBuilder(worldSize: 3)
    for from in 0..<2 { SimulatorTests.addMessage(&builder, from: from, to: 2, bytes: 1000) }
    let plan = try MessagePlan(program: builder.build(), topology: SmallClusters.star(3))
    #expect(plan.isLone == [false, false])
    #expect(!plan.needsNoClock)
  }
}
