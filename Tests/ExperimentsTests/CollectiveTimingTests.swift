import CollectiveModels
import Configuration
import Experiments
import KernelModels
import Quantities
import Testing
import Workloads

/// Steps whose exchanges a calibrated model of NCCL times.
@Suite struct CollectiveTimingTests {
  private static func experiment(
    _ topologyName: String = "dgx-h100-1", ranks: Int = 8, tokens: Int = 131_072, kernels: Bool = false,
    replications: Int = 25, seed: UInt64 = 0
  ) throws -> StepExperiment {
    let topology = try ResolvedTopology(topologyName, from: Shipped.library).topology
    let model = try ResolvedModel("llama-3.1-8b", from: Shipped.library).model
    return StepExperiment(
      topology: topology,
      workload: AttentionWorkload(shape: model.attention, batch: 1, tokens: tokens, type: .bf16),
      layers: model.layers, ranks: ranks,
      kernels: kernels
        ? try KernelTiming(
          ResolvedKernelProfile("a100-h100", from: Shipped.library), .vllm, on: topology, replications: replications)
        : nil,
      collectives: try CollectiveTiming("nccl", from: Shipped.library, replications: replications, seed: seed))
  }

  @Test(
    "The tree is its kernels and its all-reduces as the model has them, one after the other", arguments: [false, true])
  func tree(kernels: Bool) throws {
    let experiment = try Self.experiment(kernels: kernels)
    let outcome = try experiment.run(.tree)
    let found = try #require(outcome.collectives)
    // Maxima and denominators of 32 heads, numerators of 32 x 128, in bf16.
    #expect(found.exchanges.map(\.call.bytes) == [Bytes(64), Bytes(8192)] && found.counts == [2, 1])
    let profile = try CollectiveProfile(document: Shipped.library.calibrations.load("nccl"))
    let machine = try CollectiveMachine(experiment.topology, gpus: 8)
    for exchange in found.exchanges {
      #expect(try exchange == profile.predict(exchange.call, on: machine))
    }
    var plain = experiment
    plain.collectives = nil
    let without = try plain.run(.tree)
    #expect(without.figures.makespan == outcome.figures.makespan && without.closedForm.time == outcome.closedForm.time)
    // What the plain closed form has beside its exchanges is what this one has.
    let single = try plain.run(.single)
    #expect(found.time > found.exchangeTime && found.time < found.exchangeTime + single.closedForm.time)
    let interval = try #require(found.interval)
    #expect(interval.low < found.time && found.time < interval.high)
  }

  @Test("A ring's hops are send/recv, p - 1 of them; an all-gather is one of the whole cache")
  func others() throws {
    let ring = try #require(try Self.experiment().run(.ring).collectives)
    #expect(ring.exchanges.map(\.call.collective) == [.sendReceive] && ring.counts == [7])
    #expect(ring.exchanges[0].call.bytes == Bytes(2 * 16_384 * 8 * 128 * 2))
    // Hops of 67 MB hide the kernels, but for the last.
    #expect(ring.time > ring.exchangeTime)
    let gather = try #require(try Self.experiment().run(.allGather).collectives)
    #expect(gather.exchanges.map(\.call.collective) == [.allGather] && gather.counts == [1])
    #expect(gather.exchanges[0].call.bytes == Bytes(2 * 131_072 * 8 * 128 * 2))
  }

  @Test("Seeds deal the same slices out to other replications, and one replication draws nothing")
  func draws() throws {
    let times = try [UInt64(0), 0, 1].map {
      try #require(try Self.experiment(seed: $0).run(.tree).collectives?.spread).times
    }
    #expect(times[0] == times[1] && times[0] != times[2] && times[0].sorted() == times[2].sorted())
    #expect(try Self.experiment(replications: 1).run(.tree).collectives?.spread == nil)
  }

  @Test("One rank exchanges nothing, and an unknown machine is an error")
  func edges() throws {
    #expect(try Self.experiment(ranks: 1).run(.tree).collectives == nil)
    #expect(try Self.experiment().run(.single).collectives == nil)
    #expect(throws: CollectiveMachineError.self) { try Self.experiment("tpu-v5p-64").run(.tree) }
  }
}
