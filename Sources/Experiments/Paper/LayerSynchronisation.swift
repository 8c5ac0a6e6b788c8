import Attention
import Collectives
import Programs
import Quantities
import Simulation
import Topologies
import Workloads

/// What the published code's tree does in every layer besides attention: rank 0 sends the queries to all others, over a
/// binomial tree, and a barrier, which is an all-reduce of one number, lets none begin before all have them.
///
/// A program of its own, because it stands before the step and overlaps with nothing of it: times add.
struct LayerSynchronisation {
  let topology: Topology
  let ranks: Int

  /// The program.
  func program(_ workload: AttentionWorkload) -> Program {
    var builder = ProgramBuilder(worldSize: ranks, keepsOperands: false)
    let group = RankGroup(first: ranks, of: topology)
    let launch = Kernel.launch(workload.type)
    let elements = workload.batch * workload.queryTokens * workload.shape.queryElements
    let queries = group.ranks.map {
      builder.buffer(rank: $0, label: "queries", elements: elements, type: workload.type, persistent: true)
    }
    let flags = group.ranks.map {
      builder.buffer(rank: $0, label: "barrier", elements: 1, type: .fp32, persistent: true)
    }
    builder.beginRegion("broadcast")
    var ready = group.ranks.map { Dependencies.one(builder.compute(launch, rank: $0)) }
    var reached = 1
    while reached < ranks {
      for source in 0..<min(reached, ranks - reached) {
        let target = source + reached
        let moved = builder.transfer(
          builder.whole(queries[source]), to: builder.whole(queries[target]), sendAfter: ready[source],
          receiveAfter: ready[target])
        ready[target] = .one(moved.receive)
      }
      reached *= 2
    }
    builder.endRegion()
    let barrier = AllReduce(
      group: group.ranks, payload: Payload(units: 1, elementsPerUnit: 1, type: .fp32), reduction: .maximum)
    let model = CollectiveCostModel(topology: topology, group: group.ranks, payloads: [barrier.payload])
    let algorithm = Selection.choose(payload: barrier.payload, on: model).algorithm
    _ = barrier.lower(algorithm, buffers: flags, nodes: group.nodes, ready: ready, into: &builder)
    return builder.build()
  }

  /// The time that it takes, simulated.
  func time(_ workload: AttentionWorkload) throws -> Seconds {
    try Simulator(topology: topology).run(program(workload)).makespan
  }
}
