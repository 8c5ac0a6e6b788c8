/// One direction of a cable or trace between two vertices; a full-duplex cable is two links.
public struct Link: Hashable, Sendable {
  /// The index of the vertex that sends.
  public var from: Int32
  /// The index of the vertex that receives.
  public var to: Int32
  /// The index of the link's class in ``Graph/linkClasses``.
  public var linkClass: Int32
  /// Where in the cluster it lies.
  public var tier: LinkTier

  /// Creates a link; see the properties for the meaning of each value.
  public init(from: Int32, to: Int32, linkClass: Int32, tier: LinkTier) {
    self.from = from
    self.to = to
    self.linkClass = linkClass
    self.tier = tier
  }
}
