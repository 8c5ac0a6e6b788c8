import Attention
import Collectives
import Configuration
import Experiments
import Quantities
import Topologies
import Workloads

/// A decode step on a three-level fat tree of nodes of eight ranks, as large as asked for.
struct DecodeJob {
  let ranks: Int

  /// The cluster as a file would describe it, which needs no other file.
  var text: String {
    """
    name: fat-tree-\(ranks)
    devices:
      chip:
        title: chip
        memory: {capacity: 80 GB, bandwidth: 3 TB/s}
        peak: {bf16: 900 TFLOP/s, fp32: 60 TFLOP/s}
        launch-overhead: 3 us
    links:
      up: {bandwidth: 450 GB/s, latency: 500 ns, message-overhead: 300 ns}
      net: {bandwidth: 400 Gb/s, latency: 2 us, message-overhead: 1 us}
    nodes:
      dgx: {count: \(max(ranks / 8, 1)), devices: {type: chip, count: 8}, scale-up: {kind: switch, link: up},
            nics: {count: 8, link: net}}
    fabric: {kind: fat-tree, levels: 3, ports: 32, rails: 8, link: net}

    """
  }

  /// Reads the cluster.
  func topology() throws -> Topology {
    try ResolvedTopology(document: Document(yaml: text, file: "fat-tree-\(ranks).yaml")).topology
  }

  /// A step of the paper's block, 8192 tokens a rank.
  func experiment(
    on topology: Topology, fusion: TreeAttention.Fusion, collective: CollectiveChoice
  ) -> StepExperiment {
    StepExperiment(
      topology: topology,
      workload: AttentionWorkload(
        shape: AttentionShape(queryHeads: 16, kvHeads: 16, keyDim: 128), batch: 1, tokens: 8192 * ranks, type: .bf16),
      layers: 1, ranks: ranks, options: StepOptions(fusion: fusion, collective: collective))
  }
}
