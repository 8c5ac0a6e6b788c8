import Configuration
import Quantities

/// Nodes that are alike: an entry of `nodes` in a topology file.
struct NodeGroup {
  /// How the devices of a node reach the fabric.
  enum Attachment: Sendable {
    /// Each device is its own port.
    case own
    /// Device `i` uses NIC `i * nics / devices`, over a link of the class.
    case rail(linkClass: Int)
    /// Every device reaches every NIC over a host bridge, by links of the class.
    case shared(linkClass: Int)
  }

  var name: String
  var nodeCount: Int
  var deviceCount: Int
  var deviceName: String
  var profile: Int
  var scaleUp: (any Shape)?
  var attachment: Attachment
  /// The ports of a node to the fabric: its NICs, or its devices.
  var portCount: Int
  /// The class of the link from a port to the fabric; nil for the fabric's own.
  var portClass: Int?
  /// The `nics` mapping, or the group itself, for errors.
  var field: Field

  /// Whether the ports are NICs with vertices of their own.
  var hasNICs: Bool {
    if case .own = attachment { return false }
    return true
  }

  /// The rails that devices of a node can send to and receive from.
  func rails(of railCount: Int) -> Set<Int> {
    var rails: Set<Int> = []
    let isShared = if case .shared = attachment { true } else { false }
    for port in 0..<portCount where isShared || hasDevice(onPort: port) {
      rails.insert(RailSorting.rail(ofPort: port, of: portCount, rails: railCount))
    }
    return rails
  }

  private func hasDevice(onPort port: Int) -> Bool {
    !RailSorting.ports(ofRail: port, of: deviceCount, rails: portCount).isEmpty
  }

  /// The name of a node of the group, `dgx3`; a group whose name ends in a digit gets a dash, `h100-3`.
  func nodeName(_ index: Int) -> String {
    name + (name.last?.isNumber == true ? "-" : "") + String(index)
  }

  /// The name of a port in its node.
  func portName(_ port: Int) -> String { (hasNICs ? "nic" : deviceName) + String(port) }

  /// The links inside a node.
  var linksPerNode: Int { (scaleUp?.linkCount ?? 0) + hostLinksPerNode }

  /// The links between the devices and NICs of a node.
  var hostLinksPerNode: Int {
    switch attachment {
    case .own: 0
    case .rail: 2 * deviceCount
    case .shared: 2 * (deviceCount + portCount)
    }
  }

  /// The vertices of a node.
  var verticesPerNode: Int {
    let added = scaleUp?.vertexCount ?? 0
    return switch attachment {
    case .own: deviceCount + added
    case .rail: deviceCount + portCount + added
    case .shared: deviceCount + portCount + 1 + added
    }
  }
}
