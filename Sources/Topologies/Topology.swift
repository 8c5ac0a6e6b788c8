import Devices
import Quantities

/// A cluster: its devices in rank order, the graph of links between them, and the rule that routes messages.
public struct Topology: Sendable {
  /// The name from the file.
  public var name: String
  /// One sentence about the cluster.
  public var summary: String
  /// The vertices and links.
  public var graph: Graph
  /// The devices in rank order.
  public var devices: [DeviceSlot]
  /// The device profiles that the slots refer to.
  public var profiles: [DeviceProfile]
  /// The rule that routes messages.
  public var router: any Router
  /// Chooses among equal paths; recorded with every result.
  public var routingSeed: UInt64
  /// What the file said of node groups and fabric, for drawings and counts; nil for a topology made by hand.
  public var layout: ClusterLayout?

  /// Creates a topology; see the properties for the meaning of each value.
  public init(
    name: String, summary: String = "", graph: Graph, devices: [DeviceSlot], profiles: [DeviceProfile],
    router: any Router, routingSeed: UInt64 = 0, layout: ClusterLayout? = nil
  ) {
    self.name = name
    self.summary = summary
    self.graph = graph
    self.devices = devices
    self.profiles = profiles
    self.router = router
    self.routingSeed = routingSeed
    self.layout = layout
  }

  /// The number of devices.
  public var deviceCount: Int { devices.count }

  /// The number of nodes that hold devices.
  public var nodeCount: Int { devices.reduce(0) { max($0, $1.node + 1) } }

  /// The profile of the device at a rank.
  public func profile(ofRank rank: Int) -> DeviceProfile {
    profiles[devices[rank].profile]
  }

  /// The way of messages from one rank to another; empty from a rank to itself.
  ///
  /// - Returns: nil when the ranks are not connected; a topology read from a file is checked not to have such ranks.
  public func route(from source: Int, to destination: Int) -> Route? {
    guard source != destination else { return Route(links: [], in: graph) }
    var links: [Int32] = []
    let salt = SeededHash.mix(routingSeed, UInt64(source), UInt64(destination))
    guard router.appendRoute(from: source, to: destination, salt: salt, into: &links) else { return nil }
    return Route(links: links, in: graph)
  }
}
