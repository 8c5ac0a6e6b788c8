import Quantities

/// A change of what a link can carry, at a moment of a run.
public struct LinkChange: Hashable, Sendable {
  /// When it happens.
  public var time: Seconds
  /// The link, as an index into the graph's.
  public var link: Int32
  /// The share of the link's payload bandwidth that it has from then on: 1 is whole, 0 is failed.
  public var factor: Double

  /// Creates a change; see the properties for the meaning of each value.
  public init(time: Seconds, link: Int32, factor: Double) {
    self.time = time
    self.link = link
    self.factor = factor
  }
}
