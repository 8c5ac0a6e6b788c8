import Configuration
import Quantities

/// Reads the `nodes` section.
///
///     nodes:
///       dgx: {count: 16, devices: {type: h100-sxm, count: 8}, scale-up: {kind: switch, link: nvlink4},
///             nics: {count: 8, link: ndr, attach: pcie5, affinity: rail}}
struct NodeGroupReader {
  let links: LinkTable
  let limits: TopologyLimits
  var profiles: ProfileTable
  private var deviceCount = 0

  init(links: LinkTable, limits: TopologyLimits, profiles: ProfileTable) {
    self.links = links
    self.limits = limits
    self.profiles = profiles
  }

  /// Reads every group.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  mutating func read(_ nodes: FieldMapping) throws(ConfigurationError) -> [NodeGroup] {
    guard !nodes.entries.isEmpty else { throw nodes.field.error("found no node group, expected at least one") }
    var groups: [NodeGroup] = []
    for (name, value) in nodes.entries {
      try Self.check(name: name, at: nodes.keyField(name))
      groups.append(try read(value, name: name))
    }
    return groups
  }

  /// Vertex names are built from the names of groups, so these keep to characters that stay readable in them.
  private static func check(name: String, at field: Field) throws(ConfigurationError) {
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    let hasPlainEnds = [name.first, name.last].allSatisfy { $0 != "-" && $0 != "_" }
    guard allowed, hasPlainEnds, name.count <= 64 else {
      throw field.error(
        "found the name '\(name)', expected at most 64 letters, digits, '-' and '_', with a letter or digit at its ends"
      )
    }
  }

  private mutating func read(_ field: Field, name: String) throws(ConfigurationError) -> NodeGroup {
    let mapping = try field.mapping(allowed: ["count", "devices", "scale-up", "nics"])
    let nodeCount = try count(of: mapping)
    let devices = try mapping.required("devices").mapping(allowed: ["type", "count", "name"])
    let perNode = try count(of: devices)
    guard nodeCount * perNode <= limits.devices - deviceCount else {
      throw field.error(
        "found \(deviceCount + nodeCount * perNode) devices up to here, expected at most \(limits.devices)")
    }
    deviceCount += nodeCount * perNode
    let deviceName = try Self.deviceName(devices)
    let profile = try profiles.index(naming: try devices.required("type"))

    var scaleUp: (any Shape)?
    if let field = mapping.optional("scale-up") {
      let context = ShapeContext(
        place: .scaleUp, endpointCount: perNode, noun: "devices", links: links, limits: limits,
        endpointName: { "\(deviceName)\($0)" }, port: { ($0, perNode) })
      scaleUp = try ShapeReader.read(field, in: context)
    }
    var group = NodeGroup(
      name: name, nodeCount: nodeCount, deviceCount: perNode, deviceName: deviceName, profile: profile,
      scaleUp: scaleUp, attachment: .own, portCount: perNode, portClass: nil, field: field)
    if let nics = mapping.optional("nics") { try read(nics, into: &group) }
    return group
  }

  private func count(of mapping: FieldMapping) throws(ConfigurationError) -> Int {
    guard let field = mapping.optional("count") else { return 1 }
    return try field.integer(in: 1...limits.devices)
  }

  private static func deviceName(_ devices: FieldMapping) throws(ConfigurationError) -> String {
    guard let field = devices.optional("name") else { return "gpu" }
    let name = try field.string()
    guard name.allSatisfy({ $0.isASCII && $0.isLetter }), name.count <= 16,
      !["nic", "host", "switch", "bridge", "socket", "leaf", "spine", "core"].contains(name)
    else {
      throw field.error("found '\(name)', expected at most 16 letters that name no other part, such as gpu or tpu")
    }
    return name
  }

  /// Reads `nics`: how the devices of a node reach the fabric.
  private func read(_ field: Field, into group: inout NodeGroup) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["count", "link", "attach", "affinity"])
    let count = try mapping.required("count").integer(in: 1...limits.devices)
    group.field = field
    group.portCount = count
    group.portClass = try mapping.optional("link").map { field throws(ConfigurationError) in
      try links.index(naming: field)
    }
    let affinityField = mapping.optional("affinity")
    let affinity = try affinityField?.name(among: ["rail", "shared"], noun: "affinity") ?? "rail"
    guard let attachField = mapping.optional("attach") else {
      guard count == group.deviceCount else {
        throw field.error(
          "found \(count) NICs for \(group.deviceCount) devices without 'attach', the link between device and NIC; "
            + "expected 'attach', or as many NICs as devices, where each device is its own port")
      }
      if let affinityField, affinity == "shared" {
        throw affinityField.error("found shared without 'attach', expected the link that the devices share")
      }
      return
    }
    let linkClass = try links.index(naming: attachField)
    if affinity == "shared" {
      group.attachment = .shared(linkClass: linkClass)
      return
    }
    guard count <= group.deviceCount else {
      throw field.error(
        "found \(count) NICs for \(group.deviceCount) devices, of which each would use one; expected affinity: shared, "
          + "or one NIC a device with the rates added up")
    }
    group.attachment = .rail(linkClass: linkClass)
  }
}
