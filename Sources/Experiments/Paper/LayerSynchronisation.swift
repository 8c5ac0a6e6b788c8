import Attention
import Collectives
import Programs
import Quantities
import Simulation
import Topologies
import Workloads

/// What the published code's tree does in every layer besides attention: rank 0 sends the queries to all others, and a
/// barrier, which is an all-reduce of one number, lets none begin before all have them.
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
    var ready: [Dependencies] = []
    builder.beginRegion("broadcast")
    for rank in group.ranks {
      let launched = builder.compute(launch, rank: rank, stream: rank == 0 ? .send : .receive)
      guard rank > 0 else {
        ready.append(.one(launched))
        continue
      }
      let moved = builder.transfer(builder.whole(queries[0]), to: builder.whole(queries[rank]))
      ready.append(.one(moved.receive))
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
