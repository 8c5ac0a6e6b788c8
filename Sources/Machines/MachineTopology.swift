import Quantities

/// A machine written as a topology file: what its tools tell, with the rates that belong to it and their sources.
///
///     let machine = try NCCLTopologyReader.read(text, file: "dump.xml")
///     let file = try MachineTopology(machine, name: "my-box", device: "h100-sxm", origin: "dump.xml").text()
///
/// Tools tell how parts are joined, seldom how fast: rates of direct links are those of their generation
/// (``PeerLinkGeneration``), latencies are assumed as in the presets, and every figure says so. GPUs that have direct
/// links to all others talk over those alone; otherwise also over PCIe, where the file then has its switches and sockets.
public struct MachineTopology: Sendable {
  /// The machine.
  public var machine: Machine
  /// The name of the topology.
  public var name: String
  /// The name of the device profile of its GPUs.
  public var device: String
  /// What the machine was read from, for the first comment.
  public var origin: String
  /// The number of such machines.
  public var nodes = 1
  /// The rate of one direct link in one direction; nil for that of its generation.
  public var peerBandwidth: BytesPerSecond?
  /// The rate of one NIC in one direction; nil for what the machine tells.
  public var nicBandwidth: BytesPerSecond?
  /// What copies over its routes took, which stands in place of what belongs to a generation; nil for nothing.
  public var measured: MeasuredLinks?

  /// Describes what to write.
  ///
  /// - Parameters:
  ///   - machine: The machine.
  ///   - name: The name of the topology.
  ///   - device: The name of the device profile of its GPUs.
  ///   - origin: What the machine was read from.
  public init(_ machine: Machine, name: String, device: String, origin: String) {
    self.machine = machine
    self.name = name
    self.device = device
    self.origin = origin
  }

  /// The file.
  ///
  /// - Throws: ``MachineTopologyError`` where a rate is needed that neither the machine nor an option tells.
  public func text() throws(MachineTopologyError) -> String { try written().text }

  /// The file, and the link classes of which not everything was measured.
  ///
  /// - Throws: ``MachineTopologyError`` where a rate is needed that neither the machine nor an option tells.
  public func written() throws(MachineTopologyError) -> (text: String, unmeasured: [String]) {
    var classes = LinkClassLines(measured: measured == nil ? nil : try measuredFigures())
    let scaleUp = try scaleUp(&classes)
    let nics = nodes > 1 ? try nicLines(&classes) : nil
    var lines = ["# Written by Treeline from \(origin). Rates are per direction."]
    lines += (machine.remarks + (measured?.hostRemarks ?? [])).map { "# \($0)" }
    if nodes == 1, !machine.nics.isEmpty {
      let rates = machine.nics.map { nic in
        nic.name + (nic.bandwidth.map { " (\(Self.rate($0)))" } ?? "")
      }
      lines.append("# NICs, which one node needs none of: \(rates.joined(separator: ", ")).")
    }
    lines += ["name: \(name)", "description: \(description)"]
    if !classes.isEmpty { lines += ["links:"] + classes.lines }
    lines += ["nodes:", "  node:"]
    if nodes > 1 { lines.append("    count: \(nodes)") }
    lines.append("    devices: {type: \(device), count: \(machine.gpus.count)}")
    lines += scaleUp
    if let nics {
      lines += nics
      lines.append("fabric: {kind: switch, link: nic} # assumed: one switch without oversubscription joins all NICs")
    }
    return (lines.joined(separator: "\n") + "\n", classes.unmeasured)
  }

  private var description: String {
    let gpus = "\(machine.gpus.count) GPU\(machine.gpus.count == 1 ? "" : "s")"
    return nodes > 1 ? "\(nodes) nodes of \(gpus), as one was read" : "\(gpus) of one node, as read"
  }

  // MARK: Direct links

  /// How many links every two GPUs have, where that is one number; otherwise nil.
  private var uniformPairCount: Int? {
    let count = machine.gpus.count
    let pairs = machine.peerLinks.filter { $0.peer != nil }
    guard count > 1, pairs.count == count * (count - 1) / 2, let first = pairs.first else { return nil }
    return pairs.allSatisfy { $0.count == first.count } ? first.count : nil
  }

  func generation() throws(MachineTopologyError) -> PeerLinkGeneration {
    if machine.peerLinkKind == .xgmi { return .xgmi }
    let architecture = machine.gpus.compactMap(\.architecture).first ?? Self.architecture(ofProfile: device)
    var known = architecture.flatMap { PeerLinkGeneration.nvlink(architecture: $0) }
    if let peerBandwidth {
      known = PeerLinkGeneration(
        name: known?.name ?? "nvlink", bandwidth: peerBandwidth, efficiency: known?.efficiency ?? 1,
        linksPerGPU: known?.linksPerGPU ?? 18, source: "the rate was given when this file was written")
    }
    guard let known else { throw .unknownPeerLinks(device: device) }
    return known
  }

  /// The compute capability of well-known profiles, for tools that tell none.
  static func architecture(ofProfile name: String) -> Int? {
    let known = [
      ("p100", 60), ("v100", 70), ("titan-v", 70), ("a100", 80), ("rtx3090", 86), ("l40", 89), ("rtx4090", 89),
      ("h100", 90), ("h200", 90), ("gh200", 90), ("b200", 100), ("gb200", 100),
    ]
    return known.first { name.hasPrefix($0.0) }?.1
  }

  private func scaleUp(_ classes: inout LinkClassLines) throws(MachineTopologyError) -> [String] {
    let count = machine.gpus.count
    guard count > 1 else { return [] }
    guard let uniform = try uniformLinks() else { return try graph(&classes) }
    let name = try addPeerClass(&classes, links: uniform.links, crossings: uniform.crossings)
    if uniform.crossings == 1 { return ["    scale-up: {kind: full-mesh, link: \(name)}"] }
    let reason =
      machine.switchedLinkCount == nil
      ? " # \(uniform.links) links to each of \(count - 1) others are more than the "
        + "\(try generation().linksPerGPU) of a GPU: a switch" : ""
    return ["    scale-up: {kind: switch, link: \(name)}\(reason)"]
  }

  /// The links of each GPU to switches, or to each other GPU, where they are as many for all, and how many of them a
  /// message crosses.
  func uniformLinks() throws(MachineTopologyError) -> (links: Int, crossings: Int)? {
    if let links = machine.switchedLinkCount { return (links, 2) }
    guard let links = uniformPairCount else { return nil }
    return (links, links * (machine.gpus.count - 1) > (try generation().linksPerGPU) ? 2 : 1)
  }

  /// Adds the class of so many links and returns its name.
  private func addPeerClass(
    _ classes: inout LinkClassLines, links: Int, crossings: Int
  ) throws(MachineTopologyError) -> String {
    let generation = try generation()
    let name = generation.className(links: links)
    classes.add(
      name, bandwidth: BytesPerSecond(generation.bandwidth.bytesPerSecond * Double(links)),
      latency: crossings == 2 ? "300 ns" : "600 ns", efficiency: generation.efficiency,
      comment: "\(links) link\(links == 1 ? "" : "s"); \(generation.source)",
      latencyComment: "NCCL's 0.6 us NVLink step (tuning.cc, hwLatency NVLINK, LL) over the links that it crosses")
    return name
  }

  // MARK: PCIe

  /// Direct links where there are some, and the PCIe tree for the rest.
  private func graph(_ classes: inout LinkClassLines) throws(MachineTopologyError) -> [String] {
    let tree = machine.tree
    let forks = tree.forks(towards: Self.isGPU)
    var names: [Int: String] = [:]
    var vertices: [String] = []
    for index in forks.sorted() {
      let prefix =
        switch tree.parts[index].kind {
        case .socket: "socket"
        case .hostBridge: "root"
        default: "bridge"
        }
      let name = "\(prefix)\(names.values.count { $0.hasPrefix(prefix) })"
      names[index] = name
      vertices.append("{name: \(name), kind: bridge}")
    }
    for index in tree.parts.indices {
      if case .gpu(let gpu) = tree.parts[index].kind { names[index] = "gpu\(gpu)" }
    }
    var cables: [String] = []
    for link in machine.peerLinks {
      let name = try addPeerClass(&classes, links: link.count, crossings: link.peer == nil ? 2 : 1)
      if link.peer == nil, !vertices.contains("nvswitch") { vertices.append("nvswitch") }
      cables.append("        - [gpu\(link.gpu), \(link.peer.map { "gpu\($0)" } ?? "nvswitch"), \(name)]")
    }
    for index in tree.parts.indices {
      guard let name = names[index] else { continue }
      guard let cable = cable(above: index, forks), let parent = names[cable.parent] else { continue }
      cables.append("        - [\(name), \(parent), \(addPCIeClass(&classes, cable.speed))]")
    }
    let sockets = forks.sorted().filter { tree.parts[$0].kind == .socket }.compactMap { names[$0] }
    for (place, socket) in sockets.enumerated() {
      for other in sockets.dropFirst(place + 1) {
        cables.append("        - [\(socket), \(other), \(addSocketClass(&classes))]")
      }
    }
    return [
      "    scale-up:", "      kind: graph", "      vertices: [\(vertices.joined(separator: ", "))]", "      links:",
    ]
      + cables
  }

  static func isGPU(_ kind: PCIeTree.Kind) -> Bool { if case .gpu = kind { true } else { false } }

  /// The part that the file has above another, and the slowest link on the way there.
  func cable(above part: Int, _ forks: Set<Int>) -> (parent: Int, speed: PCIeSpeed?)? {
    let chain = machine.tree.chain(from: part)
    guard let above = chain.dropFirst().first(where: { forks.contains($0) }) else { return nil }
    return (above, slowest(chain.prefix { $0 != above }.map { machine.tree.parts[$0].speed }))
  }

  private func slowest(_ speeds: [PCIeSpeed?]) -> PCIeSpeed? {
    speeds.compactMap { $0 }.min { $0.bandwidth < $1.bandwidth }
  }

  /// A speed; for one that the tool does not tell that of the GPUs' generation.
  func pcieSpeed(_ speed: PCIeSpeed?) -> PCIeSpeed {
    if let speed { return speed }
    let architecture = machine.gpus.compactMap(\.architecture).first ?? Self.architecture(ofProfile: device) ?? 80
    return PCIeSpeed(gigatransfers: architecture < 80 ? 8 : architecture < 90 ? 16 : 32, lanes: 16)
  }

  private func addPCIeClass(_ classes: inout LinkClassLines, _ speed: PCIeSpeed?) -> String {
    let link = pcieSpeed(speed)
    classes.add(
      link.className, bandwidth: link.bandwidth, latency: "500 ns", efficiency: 0.76,
      comment: "PCIe \(link.generation).0 x\(link.lanes)\(speed == nil ? ", assumed: the tool tells no speed" : "")",
      latencyComment: "half of NCCL's 1.0 us PCI step: tuning.cc, hwLatency PCI, LL")
    return link.className
  }

  static let socketBandwidth = BytesPerSecond(16e9)

  private func addSocketClass(_ classes: inout LinkClassLines) -> String {
    classes.add(
      Self.socketClass, bandwidth: Self.socketBandwidth, latency: "500 ns", efficiency: 1,
      comment: "assumed: what peer-to-peer traffic gets between sockets, which no tool tells; 10 to 22 GB/s are usual",
      latencyComment: "assumed")
    return Self.socketClass
  }

  // MARK: NICs

  private func nicLines(_ classes: inout LinkClassLines) throws(MachineTopologyError) -> [String] {
    guard !machine.nics.isEmpty else { throw .noNICs(nodes: nodes) }
    var nics = Array(machine.nics.indices)
    let fastest = machine.nics.compactMap(\.bandwidth).max()
    if let fastest, nicBandwidth == nil {
      // A slow port for management is not what ranks talk over.
      nics = nics.filter { machine.nics[$0].bandwidth == fastest }
    }
    guard let bandwidth = nicBandwidth ?? fastest else { throw .unknownNICs(names: machine.nics.map(\.name)) }
    classes.add(
      "nic", bandwidth: bandwidth, latency: "1.35 us", efficiency: 0.987, overhead: "1 us",
      comment: nicBandwidth == nil ? "as the tool tells" : "given when this file was written",
      latencyComment: "half of NCCL's 2.7 us network step: tuning.cc, hwLatency NET, Ring LL")
    let attach = addPCIeClass(
      &classes, slowest(nics.map { machine.tree.part(ofNIC: $0).flatMap { machine.tree.parts[$0].speed } }))
    let affinity = isRail(nics) ? "rail" : "shared"
    let left = machine.nics.count - nics.count
    return [
      "    nics: {count: \(nics.count), link: nic, attach: \(attach), affinity: \(affinity)}"
        + (left > 0 ? " # \(left) slower ones are left out" : "")
    ]
  }

  /// Whether GPU i has a NIC of its own run among those that are nearest to it.
  private func isRail(_ nics: [Int]) -> Bool {
    let count = machine.gpus.count
    guard nics.count <= count else { return false }
    let nearest = (0..<count).map { gpu in machine.nearestNICs(toGPU: gpu).filter { nics.contains($0) } }
    guard nearest.contains(where: { $0.count < nics.count }) || nics.count == 1 else { return false }
    var order: [Int] = []
    for nics in nearest { for nic in nics where !order.contains(nic) { order.append(nic) } }
    guard order.count == nics.count else { return false }
    return (0..<count).allSatisfy { nearest[$0].contains(order[$0 * nics.count / count]) }
  }

  static func rate(_ rate: BytesPerSecond) -> String {
    NumberText.format(rate.bytesPerSecond / 1e9, significantDigits: 6) + " GB/s"
  }
}

/// The link classes of a file that is written, each once.
private struct LinkClassLines {
  private var names: Set<String> = []
  private let measured: [String: MeasuredLinks.Figures]?
  private(set) var lines: [String] = []
  /// The classes of which not everything was measured, where something was to be.
  private(set) var unmeasured: [String] = []

  /// - Parameter measured: What was measured, by class; nil where nothing was to be.
  init(measured: [String: MeasuredLinks.Figures]?) { self.measured = measured }

  var isEmpty: Bool { names.isEmpty }

  mutating func add(
    _ name: String, bandwidth: BytesPerSecond, latency: String, efficiency: Double, overhead: String? = nil,
    comment: String, latencyComment: String
  ) {
    guard names.insert(name).inserted else { return }
    let found = measured?[name]
    let missing = measured == nil ? "" : "; not measured"
    let isMeasured = found?.bandwidth != nil && found?.latency != nil
    if measured != nil, !isMeasured { unmeasured.append(name) }
    lines += [
      "  \(name):",
      "    bandwidth: "
        + (found?.bandwidth.map { "\($0.text) # \($0.comment)" }
          ?? "\(MachineTopology.rate(bandwidth)) # \(comment)\(missing)"),
      "    latency: "
        + (found?.latency.map { "\($0.text) # \($0.comment)" } ?? "\(latency) # \(latencyComment)\(missing)"),
    ]
    if let overhead { lines.append("    message-overhead: \(overhead) # NCCL's netOverhead on Intel hosts: tuning.cc") }
    lines.append(
      found?.bandwidth == nil
        ? "    efficiency: \(NumberText.format(efficiency, significantDigits: 4))"
        : "    efficiency: 1 # the bandwidth is one that was reached")
    // One figure of the emulation is enough to make a file that no input may be.
    let provenance = found.flatMap { isMeasured || $0.provenance == .emulated ? $0.provenance : nil } ?? .assumed
    lines += [
      "    provenance: \(provenance.rawValue)",
      isMeasured
        ? "    source: copies over the links themselves, by treeline measure link"
        : "    source: see the comments; the weakest figure is assumed",
    ]
  }
}
