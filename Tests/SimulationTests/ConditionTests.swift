import Programs
import Quantities
import RealModule
import TestSupport
import Testing
import Topologies

@testable import Simulation

/// Each condition against a case worked out by hand. The wire: 1 us to post, 500 ns a hop, 100 GB/s.
@Suite struct ConditionTests {
  static func isClose(_ time: Seconds, _ expected: Double) -> Bool {
    time.seconds.isApproximatelyEqual(to: expected, relativeTolerance: 1e-12)
  }

  /// One message of 1 MB, which alone takes 11.5 us on a mesh and 12 us on a star.
  static func oneMessage(ranks: Int = 2, bytes: Int = 1_000_000) -> Program {
    var builder = ProgramBuilder(worldSize: ranks)
    SimulatorTests.addMessage(&builder, from: 0, to: 1, bytes: bytes)
    return builder.build()
  }

  static func run(_ program: Program, on topology: Topology, _ conditions: Conditions) throws -> SimulationRun {
    let run = try Simulator(topology: topology).run(program, under: conditions)
    let path = run.criticalPath()
    #expect(path.total.seconds.isApproximatelyEqual(to: run.makespan.seconds, relativeTolerance: 1e-9))
    return run
  }

  // MARK: Ranks

  @Test func aSlowRankTakesItsFactorLonger() throws {
    var builder = ProgramBuilder(worldSize: 2)
    for rank in 0..<2 { builder.compute(SmallClusters.streaming(bytes: 5_000_000, launched: true), rank: rank) }
    var conditions = Conditions()
    conditions.slowdowns = [1, 2]
    let run = try Self.run(builder.build(), on: SmallClusters.star(2), conditions)
    // 3 us to launch and 5 us to stream, twice over.
    #expect(Self.isClose(Seconds(run.timeline.finishes[0]), 8e-6))
    #expect(Self.isClose(run.makespan, 16e-6))
    #expect(Self.isClose(run.criticalPath().resources[.slowdown(rank: 1)] ?? .zero, 8e-6))
  }

  @Test func aLateRankHoldsUpItsPeer() throws {
    var conditions = Conditions()
    conditions.startDelays = [.zero, Seconds(7e-6)]
    let run = try Self.run(Self.oneMessage(), on: SmallClusters.star(2), conditions)
    #expect(Self.isClose(run.makespan, 19e-6))
    #expect(Self.isClose(run.criticalPath().resources[.startDelay(rank: 1)] ?? .zero, 7e-6))
    let steps = run.criticalPath().steps
    #expect(steps.first?.isStartDelay == true)
    #expect(Self.isClose(steps.reduce(Seconds.zero) { $0 + ($1.end - $1.start) }, 19e-6))
  }

  @Test func jitterIsAddedToKernelsAndToEveryHop() throws {
    var builder = ProgramBuilder(worldSize: 2)
    let kernel = builder.compute(SmallClusters.streaming(bytes: 5_000_000), rank: 0)
    SimulatorTests.addMessage(&builder, from: 0, to: 1, bytes: 1_000_000, after: .one(kernel))
    var conditions = Conditions()
    conditions.kernelJitter = .constant(0.1)
    conditions.messageJitters = [.constant(3e-6)]
    let run = try Self.run(builder.build(), on: SmallClusters.star(2), conditions)
    // 5.5 us of kernel, 12 us of message and two hops with 3 us more each.
    #expect(Self.isClose(run.makespan, 23.5e-6))
    #expect(Self.isClose(run.criticalPath().resources[.jitter(link: "wire")] ?? .zero, 6e-6))
    #expect(Self.isClose(run.criticalPath().resources[.slowdown(rank: 0)] ?? .zero, 0.5e-6))
  }

  @Test func seedsChooseTheJitterAndNothingElseDoes() throws {
    var conditions = Conditions()
    conditions.messageJitters = [.exponential(mean: 1e-6)]
    let first = try Self.run(Self.oneMessage(), on: SmallClusters.star(2), conditions).makespan
    let again = try Self.run(Self.oneMessage(), on: SmallClusters.star(2), conditions).makespan
    conditions.seed = 1
    let other = try Self.run(Self.oneMessage(), on: SmallClusters.star(2), conditions).makespan
    #expect(first == again)
    #expect(first != other)
  }

  // MARK: Devices

  @Test func oneCopyEngineSendsOneMessageAtATime() throws {
    var builder = ProgramBuilder(worldSize: 4)
    for peer in 1..<4 { SimulatorTests.addMessage(&builder, from: 0, to: peer, bytes: 100_000) }
    var conditions = Conditions()
    conditions.copyEngines = 1
    let run = try Self.run(builder.build(), on: SmallClusters.mesh(4), conditions)
    // Each takes 1 us to post, 500 ns of latency and 1 us of bytes, one after the other.
    #expect(Self.isClose(run.makespan, 7.5e-6))
    #expect(Self.isClose(run.criticalPath().resources[.hold(rank: 0)] ?? .zero, 5e-6))
    conditions.copyEngines = 2
    // The third waits for the first, until 2.5 us.
    #expect(Self.isClose(try Self.run(builder.build(), on: SmallClusters.mesh(4), conditions).makespan, 5e-6))
    conditions.copyEngines = 3
    #expect(Self.isClose(try Self.run(builder.build(), on: SmallClusters.mesh(4), conditions).makespan, 4.5e-6))
  }

  @Test(arguments: [(0.5, 9.25e-6), (1, 10.5e-6), (0.2, 8.5e-6)])
  func messagesSlowTheKernelBesideThem(share: Double, expected: Double) throws {
    var builder = ProgramBuilder(worldSize: 2)
    builder.compute(SmallClusters.streaming(bytes: 5_000_000, launched: true), rank: 0)
    SimulatorTests.addMessage(&builder, from: 0, to: 1, bytes: 100_000)
    var conditions = Conditions()
    conditions.communicationShare = share
    let run = try Self.run(builder.build(), on: SmallClusters.mesh(2), conditions)
    // The message is under way for 2.5 us, in which the kernel of 8 us comes less far.
    #expect(Self.isClose(run.makespan, expected))
    #expect(Self.isClose(run.criticalPath().resources[.communication(device: "unit")] ?? .zero, share * 2.5e-6))
  }

  /// A message of 1 MB to a rank that is busy for 20 us before it comes to its receive.
  static func lateReceives(_ count: Int) -> Program {
    var builder = ProgramBuilder(worldSize: 2)
    var busy: Dependencies = .none
    for _ in 0..<count {
      let kernel = builder.compute(SmallClusters.streaming(bytes: 20_000_000), rank: 1, after: busy)
      let source = builder.buffer(rank: 0, label: "out", elements: 500_000, type: .bf16, persistent: true)
      let target = builder.buffer(rank: 1, label: "in", elements: 500_000, type: .bf16, persistent: true)
      builder.transfer(
        builder.whole(source), to: builder.whole(target), sendStream: .unordered, receiveStream: .unordered,
        receiveAfter: .one(kernel))
      busy = .one(kernel)
    }
    return builder.build()
  }

  @Test func aReceiveBufferLetsTheSenderGoOn() throws {
    var conditions = Conditions()
    let program = Self.lateReceives(1)
    #expect(Self.isClose(try Self.run(program, on: SmallClusters.mesh(2), conditions).makespan, 31.5e-6))
    conditions.receiveBuffer = Bytes(999_999)
    #expect(Self.isClose(try Self.run(program, on: SmallClusters.mesh(2), conditions).makespan, 31.5e-6))
    conditions.receiveBuffer = Bytes(1_000_000)
    let run = try Self.run(program, on: SmallClusters.mesh(2), conditions)
    #expect(Self.isClose(run.makespan, 20e-6))
    #expect(Self.isClose(Seconds(run.timeline.finishes[Int(program.messages[0].send)]), 11.5e-6))
  }

  @Test func aFullReceiveBufferPushesBack() throws {
    var conditions = Conditions()
    conditions.receiveBuffer = Bytes(1_500_000)
    let program = Self.lateReceives(2)
    let run = try Self.run(program, on: SmallClusters.mesh(2), conditions)
    // The first lies in the buffer until its receive at 20 us; then there is room for the second.
    let second = program.messages[1]
    #expect(Self.isClose(Seconds(run.timeline.finishes[Int(second.send)]), 31.5e-6))
    #expect(Self.isClose(Seconds(run.timeline.finishes[Int(second.receive)]), 40e-6))
    #expect(Self.isClose(Seconds(run.timeline.holds[1]), 20e-6))
    conditions.receiveBuffer = Bytes(2_000_000)
    let roomy = try Self.run(program, on: SmallClusters.mesh(2), conditions)
    // Both at once, sharing the wire: the first is posted at 1 us, the second at 2 us; all 2 MB by 21.5 us.
    #expect(Self.isClose(Seconds(roomy.timeline.finishes[Int(second.send)]), 21.5e-6))
    #expect(roomy.timeline.holds[1] == 0)
  }

  @Test(arguments: 1...30) func buffersAndEnginesNeverLoseAMessage(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ranks = Int.random(in: 2...10, using: &generator)
    let topology = SmallClusters.random(devices: ranks, switches: 4, using: &generator)
    let program = EngineAgreementTests.program(ranks: ranks, operations: 500, ordered: false, using: &generator)
    var conditions = Conditions()
    conditions.copyEngines = [nil, 1, 2].randomElement(using: &generator) ?? nil
    conditions.communicationShare = [0, 0.3, 1].randomElement(using: &generator) ?? 0
    conditions.receiveBuffer = Bytes([0, 250_000, 1_000_000].randomElement(using: &generator) ?? 0)
    let run = try Self.run(program, on: topology, conditions)
    #expect(run.totalBytes == program.totalMessageBytes)
    #expect(run.timeline.finishes.allSatisfy { !$0.isNaN })
  }
}
