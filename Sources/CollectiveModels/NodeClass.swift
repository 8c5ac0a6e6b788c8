/// How the GPUs of a node reach each other, as far as parameters differ.
public enum NodeClass: String, CaseIterable, Hashable, Sendable {
  /// NVLink 2: V100.
  case nvl2
  /// NVLink 3: A100.
  case nvl3
  /// NVLink 4: H100 and H200.
  case nvl4
  /// NVLink 5: B200.
  case nvl5
  /// A full mesh of Infinity Fabric links: MI300X.
  case xgmi
  /// PCIe without peer access, through the host's memory: GeForce.
  case shm
  /// PCIe with peer access.
  case pcie

  /// NCCL's name of the link.
  var hardware: NCCLHardware { self == .shm || self == .pcie ? .pci : .nvlink }
}

/// The network between nodes, as far as parameters differ.
public enum NetworkClass: String, CaseIterable, Hashable, Sendable {
  /// InfiniBand.
  case ib
  /// RDMA over Ethernet; Google's gIB too.
  case roce
  /// AWS's EFA, whose packets arrive in any order.
  case efa
}
