/// Where files of measurements come from that have a name of their own, and their licence where it is known.
enum KnownSources {
  /// What is said of a file of which nothing is known.
  static let unstated = "not stated"

  private static let files: [String: (source: String, license: String)] = [
    "attention-decode-kernels.csv": ("ai-dynamo/aiconfigurator @095f58a51c4c", "Apache-2.0"),
    "attention-prefill-kernels.csv": ("ai-dynamo/aiconfigurator @095f58a51c4c", "Apache-2.0"),
    "collectives-one-node.csv": ("ai-dynamo/aiconfigurator @095f58a51c4c", "Apache-2.0"),
    "collectives-multi-node.csv": ("public logs, named in each row", unstated),
    "rdma-perftest-hdr.csv": ("Azure/aks-rdma-infiniband", unstated),
    "hbm-stream.csv": ("te42kyfo/gpu-benches", unstated),
    "nccl-cost-model-constants.csv": ("NVIDIA/nccl @5067397c2676", unstated),
    "gpu-specs.csv": ("data sheets, named in each row", unstated),
    "energy-power.csv": ("publications, named in each row", unstated),
    "tree-attention-paper.csv": ("arXiv 2408.04093v4", unstated),
  ]

  /// Source and licence of a file by its name without folders.
  static func of(_ name: String) -> (source: String, license: String) {
    files[name] ?? (unstated, unstated)
  }
}
