import Quantities

/// What a topology file said, kept beside the graph for drawings and counts: node groups and fabric by their shapes.
public struct ClusterLayout: Sendable {
  /// Nodes that are alike.
  public struct Group: Sendable {
    /// The name in the file.
    public let name: String
    /// The number of nodes.
    public let nodeCount: Int
    /// The devices of a node.
    public let devicesPerNode: Int
    /// The NICs of a node; 0 when each device is its own port, or the node has none.
    public let nicsPerNode: Int
    /// The rank of the first device of the first node.
    public let firstRank: Int
    /// How the devices of a node are joined; empty when they are not.
    public let scaleUpTitle: String
    /// How devices reach the fabric, in words.
    public let attachment: String
    /// The switch chips in a node that one switch vertex stands for, less that one.
    let extraSwitchChips: Int
    let profile: Int
    let scaleUpRows: [DrawingRow]
    let attachmentRow: DrawingRow?
  }

  /// The node groups in the order of the file.
  public let groups: [Group]
  /// The fabric in words; empty when there is none.
  public let fabricTitle: String
  /// Whether messages between rails go over the scale-up links first.
  public let crossesRailsByScaleUp: Bool
  let fabricRows: [DrawingRow]
  let extraFabricChips: Int
}
