import Quantities

/// One server as its own tools describe it: its GPUs and NICs, the PCIe tree that they sit in, and the links between
/// GPUs.
///
/// Read one with ``NCCLTopologyReader`` or ``TopologyMatrixReader``; ``MachineTopology`` writes it as a topology file.
public struct Machine: Hashable, Sendable {
  /// A GPU, in the order of ranks.
  public struct GPU: Hashable, Sendable {
    /// The compute capability, such as 90 for 9.0; nil where the tool tells none.
    public var architecture: Int?
    /// The PCI device id, such as 0x2330; nil where the tool tells none.
    public var deviceID: Int?

    /// Creates a GPU; see the properties for the meaning of each value.
    public init(architecture: Int? = nil, deviceID: Int? = nil) {
      self.architecture = architecture
      self.deviceID = deviceID
    }
  }

  /// A NIC with all of its ports.
  public struct NIC: Hashable, Sendable {
    /// The name in the operating system, such as `mlx5_0`.
    public var name: String
    /// The rate of all its ports in one direction; nil where the tool tells none.
    public var bandwidth: BytesPerSecond?

    /// Creates a NIC; see the properties for the meaning of each value.
    public init(name: String, bandwidth: BytesPerSecond? = nil) {
      self.name = name
      self.bandwidth = bandwidth
    }
  }

  /// Direct links from a GPU: NVLink or xGMI.
  public struct PeerLink: Hashable, Sendable {
    /// The GPU, as an index into ``Machine/gpus``.
    public var gpu: Int
    /// The GPU at the other end, with a higher index; nil for the switches that join all GPUs.
    public var peer: Int?
    /// The number of links.
    public var count: Int

    /// Creates links; see the properties for the meaning of each value.
    public init(gpu: Int, peer: Int?, count: Int) {
      self.gpu = gpu
      self.peer = peer
      self.count = count
    }
  }

  /// What the links between GPUs are.
  public enum PeerLinkKind: String, Hashable, Sendable {
    /// NVIDIA's.
    case nvlink
    /// AMD's Infinity Fabric.
    case xgmi
  }

  /// The GPUs, in the order of ranks.
  public var gpus: [GPU] = []
  /// The NICs.
  public var nics: [NIC] = []
  /// Where GPUs and NICs sit.
  public var tree = PCIeTree()
  /// The direct links, each once.
  public var peerLinks: [PeerLink] = []
  /// What the direct links are.
  public var peerLinkKind = PeerLinkKind.nvlink
  /// What the tool does not tell or contradicts itself in, in sentences.
  public var remarks: [String] = []

  /// What is remarked of a file that names no links between its GPUs because it names no GPUs, only PCI devices.
  public static let noPeerLinks =
    "The file tells PCIe alone: if the GPUs have NVLinks, --nvlinks gives how many lead to switches."

  /// An empty machine.
  public init() {}

  /// The links of one GPU to all others.
  public func peerLinkCount(ofGPU gpu: Int) -> Int {
    peerLinks.reduce(0) { $0 + ($1.gpu == gpu || $1.peer == gpu ? $1.count : 0) }
  }

  /// The links of every GPU to switches; nil when a GPU has none or they differ.
  public var switchedLinkCount: Int? {
    var counts = [Int](repeating: 0, count: gpus.count)
    for link in peerLinks where link.peer == nil { counts[link.gpu] += link.count }
    guard let first = counts.first, first > 0, counts.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// The NIC that is fewest PCIe parts away from a GPU; of equal ones those that serve it, in order.
  public func nearestNICs(toGPU gpu: Int) -> [Int] {
    guard let part = tree.part(ofGPU: gpu) else { return [] }
    let distances = nics.indices.map { nic in tree.part(ofNIC: nic).map { tree.distance(part, $0) } ?? .max }
    guard let least = distances.min() else { return [] }
    return nics.indices.filter { distances[$0] == least }
  }
}
