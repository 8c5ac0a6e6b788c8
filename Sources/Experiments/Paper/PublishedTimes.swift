import Quantities

/// A row of a table of decoding times: prefill and some steps of a whole model, by both algorithms.
public struct PublishedTimes: Hashable, Sendable {
  /// A time and its standard error.
  public struct Time: Hashable, Sendable {
    /// The time.
    public var value: Seconds
    /// Its standard error.
    public var error: Seconds

    /// Creates a time.
    public init(_ value: Seconds, error: Seconds) {
      self.value = value
      self.error = error
    }
  }

  /// The tokens of the context.
  public var tokens: Int
  /// The time with tree attention.
  public var tree: Time
  /// The time with ring attention.
  public var ring: Time
  /// Where the row stands.
  public var source: String

  /// Creates a row; see the properties for the meaning of each value.
  public init(tokens: Int, tree: Time, ring: Time, source: String) {
    self.tokens = tokens
    self.tree = tree
    self.ring = ring
    self.source = source
  }

  /// Ring minus tree of one layer and one step: both have the same prefill, which is gone in the difference.
  public func difference(steps: Int, layers: Int) -> Seconds {
    (ring.value - tree.value) * (1 / Double(steps * layers))
  }

  /// The standard error of that difference, the two times' errors being independent.
  public func standardError(steps: Int, layers: Int) -> Seconds {
    let sum = tree.error.seconds * tree.error.seconds + ring.error.seconds * ring.error.seconds
    return Seconds(sum.squareRoot() / Double(steps * layers))
  }
}
