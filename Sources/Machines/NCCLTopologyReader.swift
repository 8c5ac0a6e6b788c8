import Configuration
import Quantities

/// Reads NCCL's description of a server: what it writes to NCCL_TOPO_DUMP_FILE, and what clouds ship for
/// NCCL_TOPO_FILE.
///
///     <system version="1">
///       <cpu numaid="0" …>
///         <pci busid="0000:0f:00.0" class="0x030200" link_speed="32.0 GT/s PCIe" link_width="16" device="0x2330">
///           <gpu dev="0" sm="90" rank="0"> <nvlink target="0000:1a:00.0" count="5" tclass="0x068000"/> … </gpu>
///         </pci> …
///
/// Files of clouds name PCI devices alone, which a class of 0x03 tells to be GPUs and one of 0x02 to be NICs. GPUs stand
/// in the order of their ranks, or, where a file tells none, of their bus ids, as CUDA numbers equal GPUs. An NVLink to a
/// bridge (class 0x0680) leads to a switch. Ports of one NIC are one NIC with their rates added up. (NVIDIA/nccl
/// src/graph/xml.cc and topo.cc, 2.30.7.)
public struct NCCLTopologyReader {
  private var machine = Machine()
  private let file: String
  private var gpus: [(order: Int, bus: String, gpu: Machine.GPU, element: XMLTree?, line: Int)] = []
  private var unknown: Set<String> = []
  private var leftOut: [String] = []

  private init(file: String) { self.file = file }

  /// Reads a description.
  ///
  /// - Parameters:
  ///   - text: The file's text.
  ///   - file: The file's name, for errors.
  /// - Throws: `ConfigurationError` naming the line of what is wrong.
  public static func read(_ text: String, file: String) throws(ConfigurationError) -> Machine {
    var reader = NCCLTopologyReader(file: file)
    return try reader.machine(of: try XMLTree.parse(text, file: file))
  }

  private func error(_ element: XMLTree, _ message: String) -> ConfigurationError {
    ConfigurationError(file: file, line: element.line, path: element.name, message: message)
  }

  private mutating func machine(of root: XMLTree) throws(ConfigurationError) -> Machine {
    guard root.name == "system" else {
      throw error(root, "found the element '\(root.name)', expected 'system' at the top of NCCL's topology")
    }
    var sockets: [Int] = []
    for child in root.children {
      guard child.name == "cpu" else {
        unknown.insert(child.name)
        continue
      }
      let socket = machine.tree.add(.socket)
      sockets.append(socket)
      for part in child.children { try add(part, under: socket) }
    }
    guard !sockets.isEmpty else { throw error(root, "found no 'cpu', expected at least one") }
    guard !gpus.isEmpty else {
      throw error(root, "found no GPU, expected 'gpu' elements or PCI devices of class 0x03")
    }
    try numberGPUs()
    try addPeerLinks()
    if gpus.allSatisfy({ $0.element == nil }), gpus.count > 1 { machine.remarks.append(Machine.noPeerLinks) }
    if !unknown.isEmpty {
      let names = unknown.sorted().map {
        Self.plainName(String($0.filter { $0 != " " })) == nil ? "one of another name" : $0
      }
      machine.remarks.append("Elements left out: \(names.joined(separator: ", ")).")
    }
    machine.remarks += leftOut.map { "Left out: \($0)." }
    if machine.switchedLinkCount != nil, machine.peerLinks.contains(where: { $0.peer != nil }) {
      machine.remarks.append("GPUs have links to switches and to each other: those to each other are left out.")
    }
    return machine
  }

  // MARK: Parts

  private mutating func add(_ element: XMLTree, under parent: Int) throws(ConfigurationError) {
    switch element.name {
    case "pci": try addPCI(element, under: parent)
    case "nic": addNIC(element, under: parent, speed: nil)
    default: unknown.insert(element.name)
    }
  }

  private mutating func addPCI(_ element: XMLTree, under parent: Int) throws(ConfigurationError) {
    guard let bus = element.attributes["busid"], !bus.isEmpty else { throw error(element, "found no 'busid'") }
    let speed = PCIeSpeed(
      linkSpeed: element.attributes["link_speed"] ?? "", linkWidth: element.attributes["link_width"] ?? "")
    let kind = element.attributes["class"] ?? ""
    let parts = element.children.filter { $0.name == "gpu" || $0.name == "nic" }
    if parts.count > 1 {
      leftOut += parts.dropFirst().map { "a second part '\($0.name)' of \(Self.plainName(bus) ?? "a device")" }
    }
    if let gpu = element.children.first(where: { $0.name == "gpu" }) {
      try addGPU(element, gpu, bus: bus, under: parent, speed: speed)
    } else if let nic = element.children.first(where: { $0.name == "nic" }) {
      addNIC(nic, under: parent, speed: speed)
    } else if kind.hasPrefix("0x03") {
      try addGPU(element, nil, bus: bus, under: parent, speed: speed)
    } else if kind.hasPrefix("0x02") {
      machine.tree.add(.nic(machine.nics.count), under: parent, speed: speed)
      machine.nics.append(Machine.NIC(name: "nic\(machine.nics.count)"))
    } else if kind.hasPrefix("0x06") || !element.children.isEmpty {
      let bridge = machine.tree.add(.switch, under: parent, speed: speed)
      for child in element.children { try add(child, under: bridge) }
    } else {
      unknown.insert("pci of class \(kind.isEmpty ? "none" : kind)")
    }
  }

  private mutating func addGPU(
    _ element: XMLTree, _ gpu: XMLTree?, bus: String, under parent: Int, speed: PCIeSpeed?
  ) throws(ConfigurationError) {
    var order: Int?
    var architecture: Int?
    if let gpu {
      order = try integer("rank", of: gpu)
      if order == nil { order = try integer("dev", of: gpu) }
      architecture = try integer("sm", of: gpu)
    }
    let id = element.attributes["device"].flatMap { $0.hasPrefix("0x") ? Int($0.dropFirst(2), radix: 16) : nil }
    machine.tree.add(.gpu(gpus.count), under: parent, speed: speed)
    gpus.append(
      (
        order: order ?? -1, bus: bus,
        gpu: Machine.GPU(
          architecture: architecture,
          deviceID: id == 0 ? nil : id), element: gpu, line: element.line
      ))
  }

  private mutating func addNIC(_ element: XMLTree, under parent: Int, speed: PCIeSpeed?) {
    let nets = element.children.filter { $0.name == "net" }
    // Interfaces without remote DMA of their own, such as eth0 of a virtual machine, hang below the CPU itself.
    let speeds = nets.compactMap { $0.attributes["speed"] }
    let rates = speeds.compactMap { Double($0) }.filter { $0 > 0 && $0 < 1e9 }
    if rates.count < speeds.count {
      leftOut.append("the speed of a NIC in line \(element.line), which is no number of Mb/s from 1 to 1e9")
    }
    machine.tree.add(.nic(machine.nics.count), under: parent, speed: speed)
    machine.nics.append(
      Machine.NIC(
        name: nets.first?.attributes["name"].flatMap { Self.plainName($0) } ?? "nic\(machine.nics.count)",
        bandwidth: rates.isEmpty ? nil : BytesPerSecond(rates.reduce(0, +) * 1e6 / 8)))
  }

  /// A name that may stand in a comment of the file that is written; nil for any other.
  private static func plainName(_ name: String) -> String? {
    let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:".contains($0)) }
    return isPlain && (1...64).contains(name.count) ? name : nil
  }

  private func integer(_ name: String, of element: XMLTree) throws(ConfigurationError) -> Int? {
    guard let text = element.attributes[name], !text.isEmpty else { return nil }
    guard let value = Int(text), (0...1_000_000).contains(value) else {
      throw error(element, "\(name): found '\(text)', expected a whole number")
    }
    return value
  }

  // MARK: GPUs

  /// Puts the GPUs in the order of ranks.
  private mutating func numberGPUs() throws(ConfigurationError) {
    let hasOrder = gpus.allSatisfy { $0.order >= 0 } && Set(gpus.map(\.order)).count == gpus.count
    let buses = Set(gpus.map { $0.bus.lowercased() })
    guard buses.count == gpus.count else {
      let twice = gpus.indices.first { place in
        gpus[..<place].contains { $0.bus.lowercased() == gpus[place].bus.lowercased() }
      }
      let gpu = gpus[twice ?? 0]
      throw ConfigurationError(
        file: file, line: gpu.line, path: "pci", message: "found the bus id '\(gpu.bus)' twice")
    }
    let order = gpus.indices.sorted {
      hasOrder ? gpus[$0].order < gpus[$1].order : gpus[$0].bus.lowercased() < gpus[$1].bus.lowercased()
    }
    if !hasOrder {
      machine.remarks.append("The file numbers no GPUs: they stand in the order of their PCI bus ids.")
    }
    var ranks = [Int](repeating: 0, count: gpus.count)
    for (rank, place) in order.enumerated() { ranks[place] = rank }
    machine.tree = machine.tree.renumbered { ranks[$0] }
    gpus = order.map { gpus[$0] }
    machine.gpus = gpus.map(\.gpu)
  }

  private mutating func addPeerLinks() throws(ConfigurationError) {
    let places = Dictionary(uniqueKeysWithValues: gpus.enumerated().map { ($1.bus.lowercased(), $0) })
    var counts: [Pair: Int] = [:]
    var hidden = 0
    var kinds: Set<Machine.PeerLinkKind> = []
    for (index, gpu) in gpus.enumerated() {
      for link in gpu.element?.children ?? [] {
        switch link.name {
        case "nvlink": break
        case "xgmi": machine.peerLinkKind = .xgmi
        default:
          unknown.insert(link.name)
          continue
        }
        guard let count = try integer("count", of: link), count > 0 else {
          throw error(link, "count: found '\(link.attributes["count"] ?? "")', expected the number of links, 1 or more")
        }
        let target = (link.attributes["target"] ?? "").lowercased()
        if link.name == "xgmi" { kinds.insert(.xgmi) } else { kinds.insert(.nvlink) }
        guard kinds.count == 1 else { throw error(link, "found NVLinks and xGMI links in one machine") }
        if let peer = places[target] {
          // A virtual machine shows a link whose other end it hides as one to the GPU itself.
          if peer == index {
            hidden += count
          } else {
            counts[Pair(index, peer), default: 0] += count
          }
        } else if (link.attributes["tclass"] ?? "").hasPrefix("0x0680") {
          counts[Pair(index, nil), default: 0] += count
        } else {
          unknown.insert("\(link.name) to \(target.isEmpty ? "nowhere" : target)")
        }
      }
    }
    if hidden > 0 {
      machine.remarks.append("\(hidden) direct links lead to the GPU that they start from; they are left out.")
    }
    // Each end lists its links: a pair has been counted twice unless one end says nothing.
    for (pair, count) in counts.sorted(by: { $0.key < $1.key }) {
      guard let peer = pair.peer else {
        machine.peerLinks.append(Machine.PeerLink(gpu: pair.gpu, peer: nil, count: count))
        continue
      }
      if peer > pair.gpu {
        let other = counts[Pair(peer, pair.gpu)] ?? 0
        if other != count, other > 0 {
          machine.remarks.append(
            "GPU \(pair.gpu) lists \(count) links to GPU \(peer), which lists \(other): the fewer are taken.")
        }
        machine.peerLinks.append(
          Machine.PeerLink(gpu: pair.gpu, peer: peer, count: other > 0 ? min(count, other) : count))
      } else if counts[Pair(peer, pair.gpu)] == nil {
        machine.peerLinks.append(Machine.PeerLink(gpu: peer, peer: pair.gpu, count: count))
      }
    }
  }

  /// Two ends in the order in which a file lists them.
  private struct Pair: Hashable, Comparable {
    var gpu: Int
    var peer: Int?

    init(_ gpu: Int, _ peer: Int?) {
      self.gpu = gpu
      self.peer = peer
    }

    static func < (left: Pair, right: Pair) -> Bool {
      (left.gpu, left.peer ?? -1) < (right.gpu, right.peer ?? -1)
    }
  }
}
