/// The routing of a cluster read from a file: inside a node by its scale-up shape, else over the fabric.
///
/// A message to another node leaves by its device's port (the device itself or a NIC), crosses the fabric and enters
/// by the port of the receiver. With `cross-rail: scale-up` a message for a port of another rail first goes over the
/// scale-up links to a device of its own node on that rail, which passes it on: NCCL's PXN ("Doubling all2all
/// performance with NVIDIA Collective Communication Library 2.12", NVIDIA 2022). Where several NICs or relays serve,
/// the salt chooses. Devices of a node without scale-up links reach each other over the fabric.
///
/// Every route is computed from the numbers of its ends; memory is O(node groups), besides what the fabric's shape
/// keeps per port.
struct ClusterRouter: Router {
  /// A node group as routing sees it.
  struct Block: Sendable {
    enum Attachment: Sendable {
      case own
      case rail
      case shared
    }

    var firstRank: Int
    var deviceCount: Int
    var portCount: Int
    /// The fabric endpoint of the first port of the first node.
    var firstEndpoint: Int
    /// The first link of the first node; scale-up links come before host links.
    var firstLink: Int
    var linksPerNode: Int
    var scaleUpLinks: Int
    var attachment: Attachment
    var scaleUp: (any Shape)?

    /// The port of a device with a port of its own or a NIC fixed by affinity.
    @inline(__always)
    func port(ofDevice device: Int) -> Int {
      attachment == .own ? device : device * portCount / deviceCount
    }

    /// The devices whose port lies in a range.
    func devices(onPorts ports: Range<Int>) -> Range<Int> {
      func first(_ port: Int) -> Int { (port * deviceCount + portCount - 1) / portCount }
      return first(ports.lowerBound)..<first(ports.upperBound)
    }
  }

  /// The node groups, by rising first rank.
  var blocks: [Block]
  /// The shape across nodes.
  var fabric: (any Shape)?
  /// The first link of the fabric.
  var fabricFirstLink: Int
  /// The rails of the fabric.
  var railCount: Int
  /// Whether messages between rails go over the scale-up links first.
  var relaysAcrossRails: Bool

  func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
    let from = end(of: source)
    let to = end(of: destination)
    if from.block == to.block, from.node == to.node {
      if let scaleUp = blocks[from.block].scaleUp {
        return scaleUp.appendRoute(
          from: from.device, to: to.device, salt: salt, firstLink: from.firstLink, into: &links)
      }
      if blocks[from.block].attachment == .shared {
        appendToBridge(from, into: &links)
        appendFromBridge(to, into: &links)
        return true
      }
    }
    return appendFabricRoute(from: from, to: to, salt: salt, into: &links)
  }

  /// Where a rank sits.
  private struct End {
    var block: Int
    var node: Int
    var device: Int
    /// The first link of its node.
    var firstLink: Int
    /// The first host link of its node.
    var firstHostLink: Int
  }

  private func end(of rank: Int) -> End {
    var low = 0
    var high = blocks.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if blocks[middle].firstRank <= rank { low = middle } else { high = middle - 1 }
    }
    let (node, device) = (rank - blocks[low].firstRank).quotientAndRemainder(dividingBy: blocks[low].deviceCount)
    let firstLink = blocks[low].firstLink + node * blocks[low].linksPerNode
    return End(
      block: low, node: node, device: device, firstLink: firstLink,
      firstHostLink: firstLink + blocks[low].scaleUpLinks)
  }

  private func appendFabricRoute(from: End, to: End, salt: UInt64, into links: inout [Int32]) -> Bool {
    guard let fabric else { return false }
    let receiver = blocks[to.block]
    let inPort =
      receiver.attachment == .shared
      ? Int(SeededHash.mix(salt, 2, 0) % UInt64(receiver.portCount)) : receiver.port(ofDevice: to.device)
    let inRail = RailSorting.rail(ofPort: inPort, of: receiver.portCount, rails: railCount)

    var from = from
    let sender = blocks[from.block]
    var outPort = 0
    if sender.attachment == .shared {
      // Every NIC is as near as any other, so one on the receiver's rail saves the way through the spine.
      let onRail = RailSorting.ports(ofRail: inRail, of: sender.portCount, rails: railCount)
      let choices = onRail.isEmpty ? 0..<sender.portCount : onRail
      outPort = choices.lowerBound + Int(SeededHash.mix(salt, 3, 0) % UInt64(choices.count))
    } else {
      outPort = sender.port(ofDevice: from.device)
      let outRail = RailSorting.rail(ofPort: outPort, of: sender.portCount, rails: railCount)
      if relaysAcrossRails, outRail != inRail, let scaleUp = sender.scaleUp {
        let ports = RailSorting.ports(ofRail: inRail, of: sender.portCount, rails: railCount)
        let relays = sender.attachment == .own ? ports : sender.devices(onPorts: ports)
        if !relays.isEmpty {
          let relay = relays.lowerBound + Int(SeededHash.mix(salt, 4, 0) % UInt64(relays.count))
          guard
            scaleUp.appendRoute(
              from: from.device, to: relay, salt: salt, firstLink: from.firstLink, into: &links)
          else { return false }
          from.device = relay
          outPort = sender.port(ofDevice: relay)
        }
      }
    }

    appendToPort(outPort, from, into: &links)
    let out = sender.firstEndpoint + from.node * sender.portCount + outPort
    let into = receiver.firstEndpoint + to.node * receiver.portCount + inPort
    if out != into {
      guard fabric.appendRoute(from: out, to: into, salt: salt, firstLink: fabricFirstLink, into: &links) else {
        return false
      }
    }
    appendFromPort(inPort, to, into: &links)
    return true
  }

  /// The links from a device to a port of its node.
  private func appendToPort(_ port: Int, _ end: End, into links: inout [Int32]) {
    switch blocks[end.block].attachment {
    case .own: break
    case .rail: links.append(Int32(end.firstHostLink + 2 * end.device))
    case .shared:
      appendToBridge(end, into: &links)
      links.append(Int32(end.firstHostLink + 2 * (blocks[end.block].deviceCount + port) + 1))
    }
  }

  /// The links from a port to a device of its node.
  private func appendFromPort(_ port: Int, _ end: End, into links: inout [Int32]) {
    switch blocks[end.block].attachment {
    case .own: break
    case .rail: links.append(Int32(end.firstHostLink + 2 * end.device + 1))
    case .shared:
      links.append(Int32(end.firstHostLink + 2 * (blocks[end.block].deviceCount + port)))
      appendFromBridge(end, into: &links)
    }
  }

  private func appendToBridge(_ end: End, into links: inout [Int32]) {
    links.append(Int32(end.firstHostLink + 2 * end.device))
  }

  private func appendFromBridge(_ end: End, into links: inout [Int32]) {
    links.append(Int32(end.firstHostLink + 2 * end.device + 1))
  }
}
