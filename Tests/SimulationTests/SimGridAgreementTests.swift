import FlowJobs
import Foundation
import Programs
import Simulation
import TestSupport
import Testing
import Topologies

/// Whole runs against SimGrid, message by message; see `Benchmarks/simgrid/README.md` for how SimGrid is set.
///
/// Skipped, with the reason, on machines that lack SimGrid or g++.
@Suite(.enabled(if: SimGridTrait.missing == nil, SimGridTrait.skipped), SimGridTrait())
struct SimGridAgreementTests {
  /// How far, relative to it, an arrival time may be from SimGrid's: far above rounding (2e-15 was seen), and far below
  /// any difference of models.
  static let tolerance = 1e-9

  @Test(arguments: 1...60) func randomGraphsAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let topology = FlowNetworks.random(
      devices: Int.random(in: 2...24, using: &generator), switches: Int.random(in: 1...10, using: &generator),
      using: &generator)
    let job = try Self.randomJob(on: topology, using: &generator)
    try Self.expectAgreement(of: job, on: topology, latency: .atStart)
  }

  @Test(arguments: 1...30) func fatTreesAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let topology = try FlowNetworks.fatTree(Int.random(in: 4...40, using: &generator), using: &generator)
    let job = try Self.randomJob(on: topology, using: &generator)
    try Self.expectAgreement(of: job, on: topology, latency: .atStart)
  }

  /// With SimGrid's own latency. It weighs flows by it, so every route has the same one; and its lazy sharing goes
  /// wrong with it, so everything is shared anew at every event.
  @Test(arguments: 1...30) func starsAgreeWithTheLatencyOfSimGrid(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let topology = FlowNetworks.star(
      Int.random(in: 2...24, using: &generator), latency: Double.random(in: 1e-7...1e-5, using: &generator),
      using: &generator)
    let job = try Self.randomJob(on: topology, using: &generator)
    try Self.expectAgreement(of: job, on: topology, latency: .native, options: ["--cfg=network/optim:Full"])
  }

  /// A ring of sends, each rank's one after another: no two flows meet, and each takes its alpha-beta time in both.
  @Test(arguments: 1...20) func uncontendedFlowsTakeTheirAlphaBetaTime(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let count = Int.random(in: 2...24, using: &generator)
    let topology = FlowNetworks.star(count, latency: Double.random(in: 0...1e-5, using: &generator), using: &generator)
    var job = FlowJob(network: topology)
    var last = [Int](repeating: 0, count: count)
    var expected: [Double] = []
    for round in 0..<Int.random(in: 1...8, using: &generator) {
      for source in 0..<count {
        let destination = (source + 1) % count
        let delay = Double.random(in: 0...1e-4, using: &generator)
        let bytes = Int.random(in: 1...10_000_000, using: &generator)
        let start = round == 0 ? 0 : expected[last[source]]
        let route = try #require(topology.route(from: source, to: destination))
        expected.append(start + delay + route.latency.seconds + Double(bytes) / route.bandwidth.bytesPerSecond)
        last[source] = try job.send(
          bytes, from: source, to: destination, on: topology, delay: delay, after: round == 0 ? [] : [last[source]])
      }
    }
    let arrivals = try Self.expectAgreement(of: job, on: topology, latency: .atStart)
    for (arrival, time) in zip(arrivals, expected) { #expect(abs(arrival - time) <= 1e-12 * time) }
  }

  /// Every rank of a ring all-reduce starts at its own time within a millisecond.
  @Test(arguments: [2, 3, 8, 24]) func ringAllReducesWithJitteredStartsAgree(ranks: Int) throws {
    var generator = SeededGenerator(seed: UInt64(ranks))
    let topology = FlowNetworks.star(ranks, latency: 1e-6, using: &generator)
    var job = FlowJob(network: topology)
    var before: [Int] = []
    for step in 0..<2 * (ranks - 1) {
      let sent = before
      before = []
      for rank in 0..<ranks {
        before.append(
          try job.send(
            1_000_000, from: rank, to: (rank + 1) % ranks, on: topology,
            delay: step == 0 ? Double.random(in: 0...1e-3, using: &generator) : 0,
            after: step == 0 ? [] : [sent[rank], sent[(rank + ranks - 1) % ranks]]))
      }
    }
    try Self.expectAgreement(of: job, on: topology, latency: .atStart)
  }

  /// Messages between random ranks: of all sizes, some started together, some spread, some after others.
  static func randomJob(on topology: Topology, using generator: inout SeededGenerator) throws -> FlowJob {
    var job = FlowJob(network: topology)
    let hosts = topology.deviceCount
    // From a lull in which flows hardly meet to a rush in which nearly all are under way at once.
    let spread = pow(10, Double.random(in: -5 ... -2, using: &generator))
    for index in 0..<Int.random(in: 1...150, using: &generator) {
      let source = Int.random(in: 0..<hosts, using: &generator)
      let destination = (source + Int.random(in: 1..<hosts, using: &generator)) % hosts
      let bytes = Int(pow(10, Double.random(in: 0...7, using: &generator)))
      let together = Int.random(in: 0..<3, using: &generator) == 0
      var after: Set<Int> = []
      if index > 0, Int.random(in: 0..<3, using: &generator) == 0 {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          after.insert(Int.random(in: 0..<index, using: &generator))
        }
      }
      try job.send(
        bytes, from: source, to: destination, on: topology,
        delay: together ? 0 : Double.random(in: 0...spread, using: &generator), after: after.sorted())
    }
    return job
  }

  static func arrivals(of job: FlowJob, on topology: Topology) throws -> [Double] {
    let run = try Simulator(topology: topology).run(job.program())
    return run.program.messages.map { run.timeline.finishes[Int($0.receive)] }
  }

  /// Runs a job in both simulators, and returns Treeline's arrival times.
  @discardableResult
  static func expectAgreement(
    of job: FlowJob, on topology: Topology, latency: SimGrid.Latency, options: [String] = []
  ) throws -> [Double] {
    let simGrid = try #require(SimGridTrait.simGrid)
    let theirs = try simGrid.arrivals(of: job, latency: latency, options: options)
    let ours = try arrivals(of: job, on: topology)
    #expect(ours.count == theirs.count)
    for (message, (our, their)) in zip(ours, theirs).enumerated() {
      #expect(abs(our - their) <= tolerance * their, "message \(message) of \(job.messages.count)")
    }
    return ours
  }
}

/// The text form of the jobs that both simulators read.
@Suite struct FlowJobTests {
  /// What the speed comparison runs is what the agreement is tested on.
  @Test func aJobReadBackRunsToTheSameBits() throws {
    var generator = SeededGenerator(seed: 7)
    let topology = FlowNetworks.random(devices: 12, switches: 5, using: &generator)
    let job = try SimGridAgreementTests.randomJob(on: topology, using: &generator)
    let read = try FlowJob(text: job.text.utf8)
    #expect(read == job)
    let arrivals = try SimGridAgreementTests.arrivals(of: job, on: topology)
    #expect(try SimGridAgreementTests.arrivals(of: read, on: read.topology()) == arrivals)
  }

  @Test(arguments: [
    ("treeline-job 2", "line 1: found '2', expected '1'"),
    ("treeline-job 1\nvertices -3", "line 2: found '-3', expected a number of vertices"),
    ("treeline-job 1\nvertices 2\nhosts 2 0 2", "line 3: found '2', expected a vertex, below 2"),
    (
      "treeline-job 1\nvertices 2\nhosts 2 0 1\nlinks 1\n0 1 0 0",
      "line 5: found '0', expected a bandwidth above 0"
    ),
    (
      "treeline-job 1\nvertices 2\nhosts 2 0 1\nlinks 0\nroutes 0\nmessages 1\n0 1 5 0 1 0",
      "line 7: found '0', expected an earlier message, below 0"
    ),
    ("treeline-job 1\nvertices 2\nhosts 2 0", "line 3: found the end of the text, expected a vertex"),
  ])
  func aBadJobIsRefused(text: String, complaint: String) {
    let error = #expect(throws: FlowJobError.self) { try FlowJob(text: text.utf8) }
    #expect(error?.description == complaint)
  }
}

/// Compiles the SimGrid program once for a suite, and removes it when the suite is done.
struct SimGridTrait: SuiteTrait, TestScoping {
  /// The compiled program, inside the suite.
  @TaskLocal static var simGrid: SimGrid?

  /// What the machine lacks for SimGrid; nil when it lacks nothing.
  static let missing = SimGrid.missing()

  /// Why the suite is skipped.
  static var skipped: Comment { "no comparison with SimGrid: \(missing ?? "")" }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let simGrid = try SimGrid()
    defer { simGrid.remove() }
    try await Self.$simGrid.withValue(simGrid, operation: function)
  }
}
