/// The algorithms that NCCL chooses among.
public enum NCCLAlgorithm: String, CaseIterable, Hashable, Sendable {
  /// A ring through all ranks.
  case ring = "Ring"
  /// A chain in a node and a double binary tree between nodes.
  case tree = "Tree"
  /// The NVSwitch reduces.
  case nvls = "NVLS"
  /// The NVSwitch reduces in a node, a tree between nodes.
  case nvlsTree = "NVLSTree"
  /// Parallel aggregated trees, with one GPU a node.
  case pat = "PAT"
  /// Messages between pairs, for which nothing is chosen.
  case pointToPoint = "p2p"
}

/// How NCCL's kernels say that data is there.
public enum NCCLProtocol: String, CaseIterable, Hashable, Sendable {
  /// A flag with each 4 bytes: the least latency and half of the bandwidth.
  case ll = "LL"
  /// A flag with each 120 bytes; only where stores of 128 bytes stay whole.
  case ll128 = "LL128"
  /// Flags apart from the data: all of the bandwidth and the most latency.
  case simple = "Simple"

  /// Its place in NCCL's tables.
  var number: Int {
    switch self {
    case .ll: 0
    case .ll128: 1
    case .simple: 2
    }
  }
}

/// The links of NCCL's latency table.
enum NCCLHardware: Int, Sendable {
  case nvlink, pci, net
}

/// The columns of NCCL's bandwidth tables.
public enum NCCLGeneration: String, CaseIterable, Hashable, Sendable {
  /// Before compute capability 8; Intel hosts between nodes.
  case volta
  /// From 8 on; AMD hosts between nodes.
  case ampere
  /// 9.
  case hopper
  /// From 10 on.
  case blackwell
}
