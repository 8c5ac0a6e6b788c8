import Quantities

/// What the time of a collective depends on beside the call: GPUs, how they reach each other, nodes and their network.
///
/// Bandwidths are those that NCCL counts (its topology search works with them), not those of data sheets.
public struct CollectiveMachine: Hashable, Sendable {
  /// The GPU's name, such as `H100`.
  public let gpu: String
  /// How GPUs of a node reach each other.
  public let node: NodeClass
  /// The GPUs of a node, r.
  public let gpusPerNode: Int
  /// The nodes, N.
  public let nodes: Int
  /// W: what NCCL counts for all links of a GPU, in one direction.
  public let width: BytesPerSecond
  /// The same to one other GPU.
  public let peerWidth: BytesPerSecond
  /// The network between nodes; nil for one node.
  public let network: Network?
  /// The column of NCCL's tables.
  public let generation: NCCLGeneration
  /// The compute capability times ten.
  public let capability: Int
  /// What was taken for granted because no one said it.
  public let assumptions: [String]

  /// The network between nodes.
  public struct Network: Hashable, Sendable {
    /// Its class.
    public let kind: NetworkClass
    /// The NICs of a node.
    public let nics: Int
    /// The rate of one, in one direction, by its data sheet.
    public let nicRate: BytesPerSecond

    /// Creates a network.
    public init(kind: NetworkClass, nics: Int, nicRate: BytesPerSecond) {
      self.kind = kind
      self.nics = nics
      self.nicRate = nicRate
    }

    /// Wn: what NCCL counts for all NICs of a node: 12 GB/s for 100 Gb/s, and so on (topo.h, `NET_BW`).
    public var width: BytesPerSecond { BytesPerSecond(nicRate.baseUnits * 0.96 * Double(nics)) }
  }

  /// A machine; see the properties for the meaning of each value.
  ///
  /// - Parameters:
  ///   - gpu: The GPU.
  ///   - node: How GPUs of a node reach each other; nil for what the GPU has.
  ///   - gpusPerNode: The GPUs of a node.
  ///   - nodes: The nodes.
  ///   - pcie: Where they reach each other over PCIe, its generation and lanes; nil for the GPU's generation and 16.
  ///   - linkRate: What NCCL would count for all links of a GPU, and in a mesh for one link; nil for what it counts for the
  ///     GPU, its class of links and its PCIe.
  ///   - network: The network between nodes; may be nil for one node only.
  ///   - assumptions: What was taken for granted.
  /// - Throws: ``CollectiveMachineError`` for what can't be.
  public init(
    gpu: GPUModel, node: NodeClass? = nil, gpusPerNode: Int, nodes: Int = 1,
    pcie: (generation: Int, lanes: Int)? = nil, linkRate: BytesPerSecond? = nil, network: Network? = nil,
    assumptions: [String] = []
  ) throws(CollectiveMachineError) {
    guard gpusPerNode > 0, nodes > 0, gpusPerNode <= 1 << 20, nodes <= 1 << 20, gpusPerNode * nodes > 1 else {
      throw .counts(gpus: gpusPerNode * nodes, nodes: nodes)
    }
    guard gpusPerNode <= 1024 else {
      throw .figure(field: "gpus", found: "\(gpusPerNode) in a node", expected: "at most 1024 in a node")
    }
    if let linkRate, !(linkRate.baseUnits > 0 && linkRate.baseUnits.isFinite) {
      throw .figure(field: "link", found: "\(linkRate)", expected: "a rate above zero")
    }
    guard nodes == 1 || network != nil else { throw .network(found: "nothing") }
    self.gpu = gpu.name
    self.gpusPerNode = gpusPerNode
    self.nodes = nodes
    self.network = nodes > 1 ? network : nil
    self.assumptions = assumptions
    generation = gpu.generation
    capability = gpu.capability
    let node = node ?? gpu.node
    self.node = node
    switch node {
    case .xgmi:
      // RCCL counts 48 GB/s for a link of the mesh.
      peerWidth = linkRate ?? BytesPerSecond(48e9)
      width = peerWidth * Double(gpusPerNode > 1 ? gpusPerNode - 1 : 7)
    case .shm, .pcie:
      let (generation, lanes) = pcie ?? (gpu.pcie, 16)
      guard (1...7).contains(generation), [1, 2, 4, 8, 16].contains(lanes) else {
        throw .figure(
          field: "PCIe", found: "generation \(generation) with \(lanes) lanes", expected: "1 to 7 with 1 to 16 lanes")
      }
      // 12 GB/s for Gen3 x16 (topo.h, PCI_BW); through the host's memory every byte crosses the host twice.
      let whole = 12e9 * Double(1 << max(generation - 1, 0)) / 4 * Double(lanes) / 16
      width = (linkRate ?? BytesPerSecond(whole)) * (node == .shm ? 0.5 : 1)
      peerWidth = width
    case .nvl2, .nvl3, .nvl4, .nvl5:
      guard gpu.width > 0 else {
        throw .figure(field: "interconnect", found: "NVLink of \(gpu.name)", expected: "a GPU with NVLink")
      }
      width = linkRate ?? BytesPerSecond(gpu.width * 1e9)
      peerWidth = width
    }
  }

  /// The ranks, n.
  public var gpus: Int { gpusPerNode * nodes }

  /// The channels that NCCL's search finds.
  var channels: Int {
    guard nodes == 1 else { return 16 }
    switch node {
    case .nvl3, .nvl4, .nvl5: return 24
    case .nvl2: return 12
    case .xgmi: return 8 * max(gpusPerNode - 1, 1)
    case .shm, .pcie: return 2
    }
  }

  /// Whether LL128 is among the choices: where stores of 128 bytes stay whole.
  var hasLL128: Bool { ![.xgmi, .shm, .pcie].contains(node) }

  /// NCCL's overhead of the network: 2 us on AMD's hosts, taken for machines before Hopper, and 1 us on Intel's.
  var networkOverhead: Double { capability >= 90 ? 1 : 2 }

  /// Whether the NVSwitch reduces: from Hopper on, taken to be used with 8 GPUs or more a node.
  var hasNVLS: Bool { (node == .nvl4 || node == .nvl5) && gpusPerNode >= 8 }
}
