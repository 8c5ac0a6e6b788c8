/// A point of the cluster graph: a device, a NIC, a switch or a bridge.
public struct Vertex: Hashable, Sendable {
  /// What a vertex is.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A GPU or TPU: the ranks of the cluster.
    case device
    /// A network interface.
    case nic = "NIC"
    /// A switch, of the fabric or inside a node.
    case `switch`
    /// A PCIe host bridge, root complex or other part of a host that forwards.
    case bridge
  }

  /// The name, unique in the topology: `dgx0/gpu3`, `spine2`.
  public var name: String
  /// What it is.
  public var kind: Kind
  /// Whether traffic of others may pass through it: true for switches and bridges, for NICs (of their node's devices)
  /// and for the devices of a ring or torus; false for an ordinary device.
  public var forwards: Bool

  /// Creates a vertex; see the properties for the meaning of each value.
  public init(name: String, kind: Kind, forwards: Bool) {
    self.name = name
    self.kind = kind
    self.forwards = forwards
  }
}
