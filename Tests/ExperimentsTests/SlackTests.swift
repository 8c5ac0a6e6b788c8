import Programs
import Quantities
import Simulation
import TestSupport
import Testing

@testable import Experiments

@Suite struct SlackTests {
  @Test("A kernel beside a longer one has the difference, what both lead to has none")
  func parallel() throws {
    var builder = ProgramBuilder(worldSize: 2)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "data", elements: 500, type: .bf16, persistent: true) }
    let long = builder.compute(SmallClusters.streaming(bytes: 10_000_000_000), rank: 0)
    let short = builder.compute(SmallClusters.streaming(bytes: 4_000_000_000), rank: 1)
    let message = builder.transfer(
      builder.whole(buffers[0]), to: builder.whole(buffers[1]), sendAfter: .one(long), receiveAfter: .one(short))
    let run = try Simulator(topology: SmallClusters.mesh(2)).run(builder.build())
    let slack = Slack(of: run).seconds
    #expect(slack[Int(long.index)] == 0)
    #expect(abs(slack[Int(short.index)] - 6e-3) < 1e-12)
    #expect(slack[Int(message.send.index)] == 0 && slack[Int(message.receive.index)] == 0)
  }

  @Test("Every operation of a critical path has none, on random programs", arguments: 0..<20)
  func criticalPath(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let topology = SmallClusters.random(devices: 5, switches: 3, using: &generator)
    var builder = ProgramBuilder(worldSize: 5)
    var last = (0..<5).map { builder.compute(SmallClusters.streaming(bytes: Int64($0 + 1) * 1000), rank: $0) }
    for _ in 0..<12 {
      let from = Int.random(in: 0..<5, using: &generator)
      let to = (from + Int.random(in: 1..<5, using: &generator)) % 5
      let elements = Int.random(in: 1...500_000, using: &generator)
      let ends = [from, to].map {
        builder.buffer(rank: $0, label: "data", elements: elements, type: .bf16, persistent: true)
      }
      let message = builder.transfer(
        builder.whole(ends[0]), to: builder.whole(ends[1]), sendAfter: .one(last[from]), receiveAfter: .one(last[to]))
      (last[from], last[to]) = (message.send, message.receive)
    }
    let run = try Simulator(topology: topology).run(builder.build())
    let slack = Slack(of: run).seconds
    #expect(slack.contains { $0 > 1e-9 })
    for step in run.criticalPath().steps {
      #expect(slack[Int(step.operation.index)] <= 1e-12 * run.makespan.seconds)
    }
  }
}
