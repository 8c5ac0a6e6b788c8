import Programs
import Quantities
import TestSupport
import Testing
import Topologies

@testable import Simulation

/// Whole runs of random flow sets against a slow simulator that shares everything anew at every event.
@Suite struct FlowSetTests {
  struct Flow {
    var release: Double
    var bytes: Double
    var links: [Int32]
  }

  /// Steps from event to event with the obvious solver; returns when each flow ends.
  static func referenceFinishes(capacities: [Double], flows: [Flow]) -> [Double] {
    var now = 0.0
    var remaining = flows.map(\.bytes)
    var finishes = [Double](repeating: .nan, count: flows.count)
    while finishes.contains(where: \.isNaN) {
      let active = flows.indices.filter { finishes[$0].isNaN && flows[$0].release <= now }
      let rates = FlowNetworkTests.referenceRates(capacities: capacities, routes: active.map { flows[$0].links })
      var step = flows.indices.filter { flows[$0].release > now }.map { flows[$0].release - now }.min() ?? .infinity
      for (place, flow) in active.enumerated() { step = min(step, remaining[flow] / rates[place]) }
      let next = now + step
      for (place, flow) in active.enumerated() {
        remaining[flow] -= rates[place] * step
        if remaining[flow] <= 1e-9 * flows[flow].bytes { finishes[flow] = next }
      }
      now = next
    }
    return finishes
  }

  @Test(arguments: 1...25) func finishTimesAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let devices = Int.random(in: 2...10, using: &generator)
    let topology = SmallClusters.random(
      devices: devices, switches: Int.random(in: 1...6, using: &generator), using: &generator)
    var builder = ProgramBuilder(worldSize: devices)
    var flows: [Flow] = []
    var delays: [(delay: Double, route: Route)] = []
    var senders: [Int] = []
    for _ in 0..<Int.random(in: 1...40, using: &generator) {
      let from = Int.random(in: 0..<devices, using: &generator)
      let to = (from + Int.random(in: 1..<devices, using: &generator)) % devices
      let bytes = 2 * Int.random(in: 1...2_000_000, using: &generator)
      let delay = Int64.random(in: 1...100_000_000, using: &generator)
      let kernel = builder.compute(SmallClusters.streaming(bytes: delay), rank: from, stream: .unordered)
      SimulatorTests.addMessage(&builder, from: from, to: to, bytes: bytes, after: .one(kernel))
      let route = try #require(topology.route(from: from, to: to))
      flows.append(Flow(release: 0, bytes: Double(bytes), links: route.links))
      delays.append((Double(delay) / 1e12, route))
      senders.append(from)
    }
    // A sender posts its messages one after another, in the order in which they become ready.
    var postedUntil = [Double](repeating: 0, count: devices)
    for index in delays.indices.sorted(by: { delays[$0].delay < delays[$1].delay }) {
      let posted = max(delays[index].delay, postedUntil[senders[index]]) + delays[index].route.messageOverhead.seconds
      postedUntil[senders[index]] = posted
      flows[index].release = posted + delays[index].route.latency.seconds
    }
    let program = builder.build()
    let run = try Simulator(topology: topology).run(program)
    let capacities = topology.graph.links.indices.map { topology.graph.payloadBandwidth(ofLink: $0).bytesPerSecond }
    let expected = Self.referenceFinishes(capacities: capacities, flows: flows)
    for (message, finish) in zip(program.messages, expected) {
      let simulated = run.timeline.finishes[Int(message.receive)]
      let error = abs(simulated - finish) / finish
      #expect(error <= 1e-9)
    }
    let path = run.criticalPath()
    let gap = abs(path.total.seconds - run.makespan.seconds)
    #expect(gap <= 1e-9 * run.makespan.seconds)
    let hops = flows.map { Int64($0.bytes) * Int64($0.links.count) }
    #expect(run.bytesByLink.map(\.count).reduce(0, +) == hops.reduce(0, +))
  }

  @Test func hundredsOfFlowsRunTwiceToTheSameBits() throws {
    var generator = SeededGenerator(seed: 99)
    let topology = SmallClusters.random(devices: 64, switches: 20, using: &generator)
    var builder = ProgramBuilder(worldSize: 64)
    for _ in 0..<800 {
      let from = Int.random(in: 0..<64, using: &generator)
      let to = (from + Int.random(in: 1..<64, using: &generator)) % 64
      let kernel = builder.compute(
        SmallClusters.streaming(bytes: Int64.random(in: 1...1_000_000_000, using: &generator)), rank: from,
        stream: .unordered)
      SimulatorTests.addMessage(
        &builder, from: from, to: to, bytes: 2 * Int.random(in: 1...2_000_000, using: &generator), after: .one(kernel))
    }
    let program = builder.build()
    let first = try Simulator(topology: topology).run(program)
    let second = try Simulator(topology: topology).run(program)
    let bits = first.timeline.finishes.map(\.bitPattern)
    #expect(bits == second.timeline.finishes.map(\.bitPattern))
  }
}
