import Devices
import Programs
import Quantities
import RealModule
import TestSupport
import Testing
import Topologies

@testable import Simulation

@Suite struct SimulatorTests {
  /// Whether a time is the expected number of seconds, up to rounding.
  func isClose(_ time: Seconds, _ expected: Double) -> Bool {
    time.seconds.isApproximatelyEqual(to: expected, relativeTolerance: 1e-12)
  }

  /// Sends so many bytes from one rank to another, as soon as the delay of a kernel before it is over.
  static func addMessage(
    _ builder: inout ProgramBuilder, from: Int, to: Int, bytes: Int, after: Dependencies = .none
  ) {
    let source = builder.buffer(rank: from, label: "out", elements: bytes / 2, type: .bf16, persistent: true)
    let target = builder.buffer(rank: to, label: "in", elements: bytes / 2, type: .bf16, persistent: true)
    builder.transfer(
      builder.whole(source), to: builder.whole(target), sendStream: .unordered, receiveStream: .unordered,
      sendAfter: after)
  }

  @Test func peaksFollowTheClockWhereProgramOrderDoesNot() throws {
    var builder = ProgramBuilder(worldSize: 1)
    let wait = Kernel(action: .launch, flops: .zero, bytes: .zero, type: .bf16, launched: true)
    let late = builder.buffer(rank: 0, label: "late", elements: 100, type: .bf16)
    let early = builder.buffer(rank: 0, label: "early", elements: 300, type: .bf16)
    let first = builder.compute(wait, rank: 0)
    let second = builder.compute(wait, rank: 0, after: .one(first))
    // In program order both would be live at once.
    builder.allocate(late, after: .one(second))
    let live = builder.allocate(early)
    builder.free(early, after: .two(live, first))
    let run = try Simulator(topology: SmallClusters.star(1)).run(builder.build())
    #expect(run.peakBytesByRank == [Bytes(600)])
    #expect(run.peakMemory(ofRank: 0).breakdown.map(\.label) == ["early"])
    #expect(run.peakMemory(ofRank: 0).moment == .zero)
  }

  @Test func aLoneMessageTakesItsAlphaBetaTime() throws {
    var builder = ProgramBuilder(worldSize: 2)
    Self.addMessage(&builder, from: 0, to: 1, bytes: 1_000_000)
    let run = try Simulator(topology: SmallClusters.star(2)).run(builder.build())
    // 1 us overhead, two hops of 500 ns, 1 MB at 100 GB/s.
    #expect(isClose(run.makespan, 12e-6))
    #expect(run.bytesSentByRank == [Bytes(1_000_000), .zero])
    #expect(run.bytesByLink.reduce(.zero, +) == Bytes(2_000_000))
    let path = run.criticalPath()
    #expect(isClose(path.time(.bandwidth), 1e-5))
    #expect(isClose(path.time(.latency), 1e-6))
    #expect(path.time(.waiting) == .zero)
  }

  @Test func twoMessagesIntoOneLinkShareItAndTheFirstLeavesRoom() throws {
    var builder = ProgramBuilder(worldSize: 3)
    Self.addMessage(&builder, from: 0, to: 2, bytes: 1_000_000)
    Self.addMessage(&builder, from: 1, to: 2, bytes: 3_000_000)
    let run = try Simulator(topology: SmallClusters.star(3)).run(builder.build())
    // Both at 50 GB/s until the small one has gone (20 us), then the other's last 2 MB at 100 GB/s (20 us).
    #expect(isClose(run.makespan, 42e-6))
    #expect(isClose(run.criticalPath().time(.waiting), 10e-6))
    #expect(run.busiestLink?.bytes == Bytes(4_000_000))
  }

  @Test func aSenderPostsItsMessagesOneAfterAnother() throws {
    var builder = ProgramBuilder(worldSize: 4)
    for peer in 1..<4 { Self.addMessage(&builder, from: 0, to: peer, bytes: 100_000) }
    let run = try Simulator(topology: SmallClusters.mesh(4)).run(builder.build())
    // Posted at 1, 2 and 3 us; each has a wire of its own: 500 ns of latency and 1 us for its bytes.
    #expect(isClose(run.makespan, 4.5e-6))
    #expect(isClose(run.criticalPath().time(.overhead), 3e-6))
    #expect(run.criticalPath().time(.waiting) == .zero)
  }

  @Test(arguments: 0...3) func whatBecomesReadyAtOneInstantIsPostedInProgramOrder(waits: Int) throws {
    var builder = ProgramBuilder(worldSize: 3)
    // Both are ready at 5 us; the first in program order is known to be so after the second, by some frees.
    let kernel = builder.compute(SmallClusters.streaming(bytes: 5_000_000), rank: 0)
    var last = kernel
    for _ in 0..<waits {
      let box = builder.buffer(rank: 0, label: "box", elements: 1, type: .bf16)
      last = builder.free(box, after: .one(builder.allocate(box, after: .one(last))))
    }
    Self.addMessage(&builder, from: 0, to: 1, bytes: 1000, after: .one(last))
    Self.addMessage(&builder, from: 0, to: 2, bytes: 1000, after: .one(kernel))
    let program = builder.build()
    for followsClock in [false, true] {
      let timeline = try Engine.run(program, on: SmallClusters.mesh(3), followsClock: followsClock)
      #expect(timeline.messageStarts[0] == timeline.messageStarts[1])
      #expect(isClose(Seconds(timeline.messagePosts[0]), 6e-6))
      #expect(isClose(Seconds(timeline.messagePosts[1]), 7e-6))
    }
  }

  @Test func kernelsOfOneStreamFollowEachOtherAndPayTheirLaunch() throws {
    var builder = ProgramBuilder(worldSize: 1)
    builder.compute(SmallClusters.streaming(bytes: 1_000_000, launched: true), rank: 0)
    builder.compute(SmallClusters.streaming(bytes: 2_000_000, launched: true), rank: 0)
    let run = try Simulator(topology: SmallClusters.star(1)).run(builder.build())
    #expect(isClose(run.makespan, 9e-6))
    #expect(isClose(run.criticalPath().time(.overhead), 6e-6))
  }

  @Test func theReceiverMustHaveReachedTheMessageToo() throws {
    var builder = ProgramBuilder(worldSize: 2)
    let kernel = builder.compute(SmallClusters.streaming(bytes: 5_000_000), rank: 1)
    let source = builder.buffer(rank: 0, label: "out", elements: 500, type: .bf16, persistent: true)
    let target = builder.buffer(rank: 1, label: "in", elements: 500, type: .bf16, persistent: true)
    builder.transfer(builder.whole(source), to: builder.whole(target), receiveAfter: .one(kernel))
    let run = try Simulator(topology: SmallClusters.star(2)).run(builder.build())
    #expect(isClose(run.makespan, 7.01e-6))
    #expect(isClose(run.criticalPath().time(.compute), 5e-6))
  }

  @Test func memoryPeaksWithItsMomentAndBreakdown() throws {
    var builder = ProgramBuilder(worldSize: 1)
    _ = builder.buffer(rank: 0, label: "cache", elements: 100, type: .fp32, persistent: true)
    let early = builder.buffer(rank: 0, label: "scratch", elements: 50, type: .bf16)
    let late = builder.buffer(rank: 0, label: "output", elements: 500, type: .fp8)
    let first = builder.allocate(early)
    let kernel = builder.compute(SmallClusters.streaming(bytes: 1_000_000), rank: 0, after: .one(first))
    let gone = builder.free(early, after: .one(kernel))
    builder.allocate(late, after: .one(gone))
    let run = try Simulator(topology: SmallClusters.star(1)).run(builder.build())
    let peak = run.peakMemory(ofRank: 0)
    #expect(peak.bytes == Bytes(900))
    #expect(peak.moment == Seconds(1e-6))
    #expect(peak.breakdown.map(\.label) == ["cache", "output"])
    #expect(peak.breakdown.map(\.bytes) == [Bytes(400), Bytes(500)])
  }

  @Test func aCrossedOrderIsADeadlockNotAHang() {
    var builder = ProgramBuilder(worldSize: 2)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 8, type: .bf16, persistent: true) }
    // Each rank sends to the other and receives only when its own send has arrived: nobody receives.
    for rank in 0..<2 {
      let sent = builder.send(builder.whole(buffers[rank]), to: 1 - rank)
      builder.receive(builder.whole(buffers[rank]), from: 1 - rank, after: .one(sent))
    }
    do {
      _ = try Simulator(topology: SmallClusters.star(2)).run(builder.build())
      Issue.record("a deadlocked program ran to its end")
    } catch {
      guard case .deadlock(let finished, let total, let waiting) = error else {
        Issue.record("expected a deadlock, got \(error)")
        return
      }
      #expect((finished, total) == (0, 4))
      #expect(
        waiting == [
          "rank 0 waits at #0 send 16 B to rank 1 for rank 1, whose #3 waits for #2 send 16 B to rank 0",
          "rank 1 waits at #2 send 16 B to rank 0 for rank 0, whose #1 waits for #0 send 16 B to rank 1",
        ])
    }
  }

  @Test func aSendThatNobodyReceivesIsNamed() {
    var builder = ProgramBuilder(worldSize: 2)
    let buffer = builder.buffer(rank: 0, label: "x", elements: 8, type: .bf16, persistent: true)
    builder.send(builder.whole(buffer), to: 1)
    do {
      _ = try Simulator(topology: SmallClusters.star(2)).run(builder.build())
      Issue.record("a program with a lost message ran to its end")
    } catch {
      #expect("\(error)".contains("rank 0 waits at #0 send 16 B to rank 1 for rank 1, which has no such receive"))
    }
  }

  @Test func aProgramOfMoreRanksThanDevicesIsRefused() {
    let builder = ProgramBuilder(worldSize: 3)
    #expect(throws: SimulationError.tooFewDevices(needed: 3, available: 2)) {
      try Simulator(topology: SmallClusters.star(2)).run(builder.build())
    }
  }
}
