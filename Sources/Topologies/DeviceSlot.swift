/// A device of the cluster: its vertex, its node, and its profile. Its index in ``Topology/devices`` is its rank.
public struct DeviceSlot: Hashable, Sendable {
  /// The index of its vertex in the graph.
  public var vertex: Int
  /// The node that it sits in, counted over the whole cluster.
  public var node: Int
  /// Its place in the node, from 0.
  public var local: Int
  /// The index of its profile in ``Topology/profiles``.
  public var profile: Int

  /// Creates a slot; see the properties for the meaning of each value.
  public init(vertex: Int, node: Int, local: Int, profile: Int) {
    self.vertex = vertex
    self.node = node
    self.local = local
    self.profile = profile
  }
}
