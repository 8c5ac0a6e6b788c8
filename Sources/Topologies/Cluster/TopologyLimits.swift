/// How large a topology may be: a file that asks for more is refused with the limit named, before memory runs out.
public struct TopologyLimits: Hashable, Sendable {
  /// The most devices.
  public var devices: Int
  /// The most directed links.
  public var links: Int
  /// The most entries (endpoints × vertices) in the distance table of an explicit graph.
  public var graphTable: Int

  /// Creates limits; see the properties for the meaning of each value.
  ///
  /// The defaults are 2^21 devices, 2^25 links (about 1 GB) and 2^24 table entries (64 MB).
  public init(devices: Int = 1 << 21, links: Int = 1 << 25, graphTable: Int = 1 << 24) {
    self.devices = devices
    self.links = links
    self.graphTable = graphTable
  }

  /// The default limits.
  public static let standard = TopologyLimits()
}
