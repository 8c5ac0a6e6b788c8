import CollectiveModels
import Quantities
import Topologies

extension CollectiveMachine {
  /// How far a topology's links may be from what NCCL counts for a GPU and still be those links.
  private static let tolerance = 0.15

  /// The first ranks of a topology as NCCL's tuner would see them.
  ///
  /// The GPU is told by its profile's name, its links by those between the first two ranks of a node, and the network by the
  /// name of the links at its NICs. Links whose rate is NCCL's own count for the GPU within 15 % are taken as those that
  /// NCCL counts; others keep the rate of the topology.
  ///
  /// - Parameters:
  ///   - topology: The topology.
  ///   - gpus: The ranks; nil for all.
  /// - Throws: ``CollectiveMachineError`` where the topology has hardware that the model does not know, or ranks that are
  ///   not as many in each node.
  public init(_ topology: Topology, gpus: Int? = nil) throws(CollectiveMachineError) {
    let count = gpus ?? topology.deviceCount
    guard count > 1, count <= topology.deviceCount else {
      throw .figure(
        field: "gpus", found: "\(count)", expected: "2 to \(topology.deviceCount), which '\(topology.name)' has")
    }
    let devices = topology.devices.prefix(count)
    let sizes = Dictionary(grouping: devices, by: \.node).mapValues(\.count)
    let names = Set(devices.map { topology.profiles[$0.profile].name })
    guard let inNode = sizes.values.first, Set(sizes.values).count == 1 else {
      throw .counts(gpus: count, nodes: sizes.count)
    }
    guard let name = names.first, names.count == 1 else {
      throw .figure(
        field: "devices", found: names.sorted().joined(separator: ", "), expected: "one kind of GPU")
    }
    guard let model = GPUModel.named(name) else {
      throw .gpu(found: name, hint: NearestName.suggestion(for: name, among: GPUModel.known.map(\.name)))
    }
    var assumptions: [String] = []
    let node = Self.link(topology, model, inNode: inNode)
    if let rate = node.rate { assumptions.append("links of \(rate), by the topology") }
    let network = sizes.count > 1 ? try Self.network(topology, inNode: inNode, &assumptions) : nil
    try self.init(
      gpu: model, node: node.kind, gpusPerNode: inNode, nodes: sizes.count, linkRate: node.rate,
      network: network, assumptions: assumptions)
  }

  /// How the first two ranks of a node reach each other, and the rate where it is not NCCL's.
  private static func link(_ topology: Topology, _ model: GPUModel, inNode: Int) -> (
    kind: NodeClass, rate: BytesPerSecond?
  ) {
    guard inNode > 1, let route = topology.route(from: 0, to: 1), let first = route.links.first else {
      return (model.node, nil)
    }
    let name = topology.graph.linkClass(ofLink: Int(first)).name.lowercased()
    let kind: NodeClass = name.hasPrefix("pcie") && model.node != .shm ? .pcie : model.node
    guard let usual = try? CollectiveMachine(gpu: model, node: kind, gpusPerNode: 2) else { return (kind, nil) }
    let counted = kind == .shm ? usual.peerWidth * 2 : usual.peerWidth
    let ratio = route.bandwidth.baseUnits / counted.baseUnits
    return (kind, abs(ratio - 1) <= tolerance ? nil : route.bandwidth)
  }

  private static func network(_ topology: Topology, inNode: Int, _ assumptions: inout [String])
    throws(CollectiveMachineError) -> Network
  {
    guard let route = topology.route(from: 0, to: inNode),
      let port = route.links.first(where: { topology.graph.links[Int($0)].tier == .nic })
    else { throw .network(found: "no NIC in '\(topology.name)'") }
    let link = topology.graph.linkClass(ofLink: Int(port))
    let words = link.name.lowercased()
    let kinds: [(NetworkClass, [String])] = [
      (.efa, ["efa"]), (.roce, ["roce", "ethernet", "tcpx", "gib"]),
      (.ib, ["ndr", "hdr", "edr", "xdr", "ib", "infiniband"]),
    ]
    guard let kind = kinds.first(where: { $0.1.contains { words.contains($0) } })?.0 else {
      throw .network(found: "\(link.name) of '\(topology.name)'")
    }
    if words.contains("tcpx") { assumptions.append("\(link.name) as RoCE, which it is not") }
    let nics = topology.layout?.groups.first?.nicsPerNode ?? 0
    return Network(kind: kind, nics: nics > 0 ? nics : inNode, nicRate: link.bandwidth)
  }
}
