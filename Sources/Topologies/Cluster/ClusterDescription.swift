import Configuration
import Devices
import Quantities

/// A topology file as read and checked, before anything is built.
struct ClusterDescription {
  let name: String
  let summary: String
  let links: LinkTable
  let profiles: [DeviceProfile]
  let groups: [NodeGroup]
  let fabric: (any Shape)?
  let seed: UInt64
  let relaysAcrossRails: Bool

  init(
    document: Document, library: ProfileLibrary, limits: TopologyLimits
  ) throws(ConfigurationError) {
    let root = try document.root.mapping(allowed: [
      "name", "description", "devices", "links", "nodes", "fabric", "routing",
    ])
    name = try root.required("name").string()
    summary = try root.string("description", default: "")
    links = if let field = root.optional("links") { try LinkTable(reading: field) } else { LinkTable() }

    var reader = NodeGroupReader(
      links: links, limits: limits, profiles: try ProfileTable(reading: root.optional("devices"), library: library))
    let nodes = try root.required("nodes").mapping()
    groups = try reader.read(nodes)
    profiles = reader.profiles.profiles
    let nodeCount = groups.reduce(0) { $0 + $1.nodeCount }

    if let field = root.optional("fabric") {
      fabric = try ShapeReader.read(field, in: Self.fabricContext(groups, links: links, limits: limits))
    } else {
      fabric = nil
    }
    if fabric == nil, nodeCount > 1 {
      throw (root.optional("fabric") ?? nodes.field).error(
        "found \(nodeCount) nodes that nothing joins; expected a 'fabric' when there is more than one node")
    }

    let routing = try root.optional("routing").map { field throws(ConfigurationError) in
      try field.mapping(allowed: ["seed", "cross-rail"])
    }
    seed = UInt64(try routing?.integer("seed", in: 0...Int.max, default: 0) ?? 0)
    if let field = routing?.optional("cross-rail") {
      relaysAcrossRails = try field.name(among: ["scale-up", "fabric"], noun: "cross-rail way") == "scale-up"
      if relaysAcrossRails { try Self.checkRelays(groups, fabric, at: field) }
    } else {
      relaysAcrossRails = false
    }
    try checkDirectPorts()
    try checkReach(root, nodes)
    try checkSize(limits, nodes.field)
  }

  /// What the fabric's shape may know: its endpoints are the ports of every node, in file order, node by node.
  private static func fabricContext(
    _ groups: [NodeGroup], links: LinkTable, limits: TopologyLimits
  ) -> ShapeContext {
    var firsts: [Int] = []
    var count = 0
    for group in groups {
      firsts.append(count)
      count += group.nodeCount * group.portCount
    }
    func place(_ endpoint: Int) -> (group: NodeGroup, node: Int, port: Int) {
      let index = (firsts.lastIndex { $0 <= endpoint }) ?? 0
      let group = groups[index]
      let (node, port) = (endpoint - firsts[index]).quotientAndRemainder(dividingBy: group.portCount)
      return (group, node, port)
    }
    return ShapeContext(
      place: .fabric, endpointCount: count,
      noun: groups.allSatisfy(\.hasNICs) ? "NICs" : groups.contains(where: \.hasNICs) ? "ports" : "devices",
      links: links, limits: limits,
      endpointName: { endpoint in
        let (group, node, port) = place(endpoint)
        return group.nodeName(node) + "/" + group.portName(port)
      },
      port: { endpoint in
        let (group, _, port) = place(endpoint)
        return (port, group.portCount)
      })
  }

  private static func checkRelays(
    _ groups: [NodeGroup], _ fabric: (any Shape)?, at field: Field
  ) throws(ConfigurationError) {
    guard let fabric, fabric.railCount > 1 else {
      throw field.error("found cross-rail: scale-up without rails, expected a fabric with 'rails'")
    }
    for group in groups where group.scaleUp == nil && group.deviceCount > 1 {
      throw field.error(
        "found cross-rail: scale-up, but the \(group.deviceCount) devices of a '\(group.name)' have no scale-up links")
    }
  }

  /// In a direct network the cables between ports are the fabric's, so a node can't have another class.
  private func checkDirectPorts() throws(ConfigurationError) {
    guard let fabric, fabric.isDirect else { return }
    for group in groups where group.portClass != nil {
      throw group.field.error(
        "found a link of its own for the ports of a fabric without switches at its edge (\(fabric.title)), expected "
          + "the fabric's link only")
    }
  }

  /// Every rank must reach every other: the shapes see to it, save where rails are not joined.
  private func checkReach(_ root: FieldMapping, _ nodes: FieldMapping) throws(ConfigurationError) {
    for group in groups where group.deviceCount > 1 && group.scaleUp == nil && fabric == nil {
      throw group.field.error(
        "found \(group.deviceCount) devices that nothing joins, expected a 'scale-up' in the node")
    }
    guard let fabric, fabric.railCount > 1, !fabric.joinsRails else { return }
    for sender in groups {
      let out = sender.rails(of: fabric.railCount)
      for receiver in groups {
        let isLone = sender.name == receiver.name && sender.nodeCount == 1
        guard !isLone || (sender.scaleUp == nil && sender.deviceCount > 1) else { continue }
        let into = receiver.rails(of: fabric.railCount)
        let isShared = if case .shared = sender.attachment { true } else { false }
        let joins = isShared || (relaysAcrossRails && sender.scaleUp != nil) || out.count == 1
        guard joins, into.isSubset(of: out) else {
          let missing = joins ? into.subtracting(out).min() ?? 0 : into.min() ?? 0
          throw (root.optional("fabric") ?? nodes.field).error(
            "nothing joins the rails, so a device of '\(sender.name)' can't reach rail \(missing) of "
              + "'\(receiver.name)'; expected routing: {cross-rail: scale-up} and ports on every rail in every node")
        }
      }
    }
  }

  private func checkSize(_ limits: TopologyLimits, _ field: Field) throws(ConfigurationError) {
    var count = Double(fabric?.linkCount ?? 0)
    for group in groups { count += Double(group.nodeCount) * Double(group.linksPerNode) }
    guard count <= Double(limits.links) else {
      let found = NumberText.format(count, significantDigits: 4)
      throw field.error("found a topology of \(found) directed links, expected at most \(limits.links)")
    }
  }
}
